package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"log"
	"math"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"strconv"
	"sync"
)

// Command is one line of standard input.
//
//	dial     connect to address (protocol gob or json)
//	call     call method with args and wait for the reply
//	go       start a call under a name, and do not wait
//	cancel   end the call of this name, and answer how the server has answered the cancel
//	dropped  wait for the late answer of a cancelled call, and answer its name and how it ended
//	ping     cancel the call whose number is the largest, which there never is
//	burst    count times: send a call of Life.Hold and its cancel in one packet, and wait for
//	         the answers of both; answer how many calls were answered
type Command struct {
	Op       string          `json:"op"`
	Address  string          `json:"address"`
	Protocol string          `json:"protocol"`
	Method   string          `json:"method"`
	Name     string          `json:"name"`
	Args     json.RawMessage `json:"args"`
	Count    int             `json:"count"`
}

// Answer is one line of standard output.
type Answer struct {
	Name  string `json:"name,omitempty"`
	Reply any    `json:"reply"`
	Error string `json:"error"` // "" is none
}

// firstNumber is that of the first request: no place on a connection.
const firstNumber = 70

// pendingCall is a call that is not answered.
type pendingCall struct {
	seq   uint64
	place uint64 // among the requests of the connection, from 1
	reply any
	done  chan error
}

// client is a connection; its commands come one after the other.
type client struct {
	out    *bufio.Writer // what is written waits for flush
	codec  rpc.ClientCodec
	isJSON bool
	sent   uint64
	names  map[string]*pendingCall
	late   chan Answer

	mutex     sync.Mutex // guards the maps below
	pending   map[uint64]*pendingCall
	cancelled map[uint64]string // names, by the numbers of their requests
}

// packets is a connection that sends when it is told to.
type packets struct {
	net.Conn
	out *bufio.Writer
}

func (p packets) Write(data []byte) (int, error) { return p.out.Write(data) }

func call() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	var current *client
	for lines.Scan() {
		var command Command
		check(json.Unmarshal(lines.Bytes(), &command))
		if command.Op == "dial" {
			current = dial(command)
			check(answers.Encode(Answer{}))
			continue
		}
		check(answers.Encode(current.carryOut(command)))
	}
	check(lines.Err())
}

func dial(command Command) *client {
	conn, err := net.Dial("tcp", command.Address)
	check(err)
	c := &client{
		out:       bufio.NewWriter(conn),
		isJSON:    command.Protocol == "json",
		names:     map[string]*pendingCall{},
		late:      make(chan Answer, 1000),
		pending:   map[uint64]*pendingCall{},
		cancelled: map[uint64]string{},
	}
	c.codec = newGobCodec(packets{conn, c.out})
	if c.isJSON {
		c.codec = jsonrpc.NewClientCodec(packets{conn, c.out})
	}
	go c.receive()
	return c
}

func (c *client) carryOut(command Command) Answer {
	switch command.Op {
	case "call":
		return c.wait(c.start(command))
	case "go":
		c.names[command.Name] = c.start(command)
		return Answer{}
	case "cancel":
		call := c.names[command.Name]
		c.forget(call, command.Name)
		cancel := c.writeCancel(c.numberOf(call))
		c.flush()
		return c.wait(cancel)
	case "dropped":
		return <-c.late
	case "ping":
		ping := c.writeCancel(math.MaxUint64)
		c.flush()
		return c.wait(ping)
	case "burst":
		return c.burst(command)
	}
	log.Fatalf("no such command: %s", command.Op)
	return Answer{}
}

func (c *client) burst(command Command) Answer {
	answered := 0
	for i := range command.Count {
		call := c.write("Life.Hold", command.Name+" "+strconv.Itoa(i), new(string))
		cancel := c.writeCancel(c.numberOf(call))
		c.flush()
		c.wait(cancel)
		c.wait(call)
		answered++
	}
	return Answer{Reply: answered}
}

// start sends a call. Its types: those of Arith.Multiply, or a text and a text or a truth.
func (c *client) start(command Command) *pendingCall {
	var args, reply any = new(string), new(string)
	switch command.Method {
	case "Arith.Multiply":
		args, reply = new(Args), new(int)
	case "Life.Open":
		reply = new(bool)
	}
	check(json.Unmarshal(command.Args, args))
	call := c.write(command.Method, args, reply)
	c.flush()
	return call
}

func (c *client) writeCancel(number uint64) *pendingCall {
	return c.write(cancelMethod, &CancelArgs{number}, new(bool))
}

// numberOf returns what a cancel calls a call by.
func (c *client) numberOf(call *pendingCall) uint64 {
	if c.isJSON {
		return call.place
	}
	return call.seq
}

func (c *client) write(method string, args, reply any) *pendingCall {
	call := &pendingCall{firstNumber + c.sent, c.sent + 1, reply, make(chan error, 1)}
	c.sent++
	c.mutex.Lock()
	c.pending[call.seq] = call
	c.mutex.Unlock()
	check(c.codec.WriteRequest(&rpc.Request{ServiceMethod: method, Seq: call.seq}, args))
	return call
}

func (c *client) flush() {
	check(c.out.Flush())
}

func (c *client) wait(call *pendingCall) Answer {
	if err := <-call.done; err != nil {
		return Answer{Error: err.Error()}
	}
	return Answer{Reply: call.reply}
}

// forget ends a call, whose answer is dropped from now on.
func (c *client) forget(call *pendingCall, name string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, ok := c.pending[call.seq]; !ok {
		log.Fatalf("%s is answered already", name)
	}
	delete(c.pending, call.seq)
	c.cancelled[call.seq] = name
}

func (c *client) receive() {
	for {
		var response rpc.Response
		if err := c.codec.ReadResponseHeader(&response); err != nil {
			c.end(err)
			return
		}
		c.mutex.Lock()
		call := c.pending[response.Seq]
		delete(c.pending, response.Seq)
		name, isLate := c.cancelled[response.Seq]
		c.mutex.Unlock()
		var body any
		if call != nil && response.Error == "" {
			body = call.reply
		}
		if err := c.codec.ReadResponseBody(body); err != nil {
			c.end(err)
			return
		}
		var err error
		if response.Error != "" {
			err = errors.New(response.Error)
		}
		switch {
		case call != nil:
			call.done <- err
		case isLate:
			c.late <- Answer{Name: name, Error: response.Error}
		default:
			log.Fatalf("response %d answers nothing", response.Seq)
		}
	}
}

func (c *client) end(err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, call := range c.pending {
		call.done <- err
	}
}
