// A server and a client of the service Life, beside the Go that is generated for it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"strconv"
	"sync"
	"time"
)

// Addresses is where the server can be reached, by the codec that it has there.
type Addresses struct {
	Gob       string `json:"gob"`
	JSON      string `json:"json"`
	StockGob  string `json:"stock_gob"`
	StockJSON string `json:"stock_json"`
}

// life implements the service.
type life struct {
	mutex   sync.Mutex // guards the maps
	changed *sync.Cond
	begun   map[string]bool
	ended   map[string]string
}

func newLife() *life {
	l := &life{begun: map[string]bool{}, ended: map[string]string{}}
	l.changed = sync.NewCond(&l.mutex)
	return l
}

func (l *life) Get(ctx context.Context, key string) ([]string, error) {
	switch key {
	case "k":
		return []string{"a", "b"}, nil
	case "busy":
		return nil, &BusyError{}
	}
	return nil, &NotFoundError{Key: key, At: 3}
}

func (l *life) Tag(ctx context.Context, name string) (string, error) {
	value := Metadata(ctx)[name]
	SetReplyMetadata(ctx, "seen", value)
	return value, nil
}

func (l *life) Left(ctx context.Context) (int, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return -1, nil
	}
	return int(time.Until(deadline).Milliseconds()), nil
}

func (l *life) Hold(ctx context.Context, name string) (string, error) {
	l.note(func() { l.begun[name] = true })
	<-ctx.Done()
	how := "cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		how = "deadline"
	}
	l.note(func() { l.ended[name] = how })
	return "", ctx.Err()
}

func (l *life) Held(ctx context.Context, name string) (bool, error) {
	l.wait(func() bool { return l.begun[name] })
	return true, nil
}

func (l *life) EndOf(ctx context.Context, name string) (string, error) {
	l.wait(func() bool { return l.ended[name] != "" })
	return l.ended[name], nil
}

func (l *life) Fail(ctx context.Context, code int) error {
	if code == 0 {
		return errors.New("plain")
	}
	return &Error{Message: "coded", Code: Code(code), Metadata: map[string]string{"why": "because"}}
}

func (l *life) Echo(ctx context.Context, value Everything) (Everything, error) { return value, nil }

func (l *life) EchoOfGob(ctx context.Context, value OfGob) (OfGob, error) { return value, nil }

func (l *life) Shape(ctx context.Context, value CircleOrSquare) (CircleOrSquare, error) {
	if circle, ok := value.(Circle); ok {
		return Square{Side: circle.Radius}, nil
	}
	return value, nil
}

func (l *life) Pair(ctx context.Context, args LifePairArgs) (Pair, error) {
	return Pair{A: args.A, B: args.B}, nil
}

func (l *life) Only(ctx context.Context, args LifeOnlyArgs) (int, error) { return args.Number, nil }

func (l *life) Ping(ctx context.Context) error { return nil }

func (l *life) note(change func()) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	change()
	l.changed.Broadcast()
}

func (l *life) wait(until func() bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for !until() {
		l.changed.Wait()
	}
}

func serve() {
	server := rpc.NewServer()
	check(RegisterLife(server, newLife()))
	var addresses Addresses
	listen(&addresses.Gob, func(l net.Listener) error { return Accept(server, l) })
	listen(&addresses.JSON, func(l net.Listener) error { return AcceptJSON(server, l) })
	listen(&addresses.StockGob, func(l net.Listener) error { server.Accept(l); return nil })
	listen(&addresses.StockJSON, func(l net.Listener) error {
		return accept(server, l, jsonrpc.NewServerCodec)
	})
	check(json.NewEncoder(os.Stdout).Encode(addresses))
	io.Copy(io.Discard, os.Stdin)
}

func listen(bound *string, serve func(net.Listener) error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	*bound = listener.Addr().String()
	go serve(listener)
}

// Command is one line of standard input.
//
//	dial    connect to an address (protocol gob or json)
//	call    call a method and wait for its reply
//	go      start a call under a name
//	cancel  end the context of the call of this name
//	done    wait for the end of the call of this name
//	burst   start and cancel a number of calls of Hold, and wait for their ends
//	close   close the connection
type Command struct {
	Op        string            `json:"op"`
	Address   string            `json:"address"`
	Protocol  string            `json:"protocol"`
	Method    string            `json:"method"`
	Name      string            `json:"name"`
	Args      json.RawMessage   `json:"args"`
	TimeoutMs int               `json:"timeout_ms"`
	Metadata  map[string]string `json:"metadata"`
	Count     int               `json:"count"`
}

// Answer is one line of standard output.
type Answer struct {
	Name      string            `json:"name,omitempty"`
	Reply     any               `json:"reply"`
	Error     string            `json:"error"` // "" is none
	Kind      string            `json:"kind"`  // how errors.As and errors.Is know the error
	Code      int               `json:"code"`
	Unstarted bool              `json:"unstarted"`
	Cause     any               `json:"cause"`
	Metadata  map[string]string `json:"metadata"`
}

// client is a connection and its calls.
type client struct {
	conn    *Client
	life    *LifeClient
	cancels map[string]context.CancelFunc
	done    map[string]chan Answer
}

func call() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
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
	dial := Dial
	if command.Protocol == "json" {
		dial = DialJSON
	}
	conn, err := dial("tcp", command.Address)
	check(err)
	return &client{
		conn:    conn,
		life:    NewLifeClient(conn),
		cancels: map[string]context.CancelFunc{},
		done:    map[string]chan Answer{},
	}
}

func (c *client) carryOut(command Command) Answer {
	switch command.Op {
	case "call":
		ctx, cancel := contextOf(command)
		defer cancel()
		return c.call(ctx, command)
	case "go":
		ctx, cancel := contextOf(command)
		done := make(chan Answer, 1)
		c.cancels[command.Name], c.done[command.Name] = cancel, done
		go func() { done <- c.call(ctx, command) }()
		return Answer{}
	case "cancel":
		c.cancels[command.Name]()
		return Answer{}
	case "done":
		return <-c.done[command.Name]
	case "burst":
		return c.burst(command)
	case "close":
		return answerOf(nil, c.conn.Close())
	}
	log.Fatalf("no such command: %s", command.Op)
	return Answer{}
}

func contextOf(command Command) (context.Context, context.CancelFunc) {
	ctx := context.Background()
	if command.Metadata != nil {
		ctx = WithMetadata(ctx, command.Metadata)
	}
	if command.TimeoutMs != 0 {
		return context.WithTimeout(ctx, time.Duration(command.TimeoutMs)*time.Millisecond)
	}
	return context.WithCancel(ctx)
}

func (c *client) burst(command Command) Answer {
	for i := 0; i < command.Count; i++ {
		name := command.Name + " " + strconv.Itoa(i)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			_, err := c.life.Hold(ctx, name)
			done <- err
		}()
		if _, err := c.life.Held(context.Background(), name); err != nil {
			log.Fatal(err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			log.Fatal(err)
		}
		if how, err := c.life.EndOf(context.Background(), name); how != "cancelled" {
			log.Fatal(how, err)
		}
	}
	return Answer{Reply: command.Count}
}

func (c *client) call(ctx context.Context, command Command) Answer {
	received := map[string]string{}
	ctx = WithReplyMetadata(ctx, received)
	answer := c.carryOutMethod(ctx, command)
	answer.Metadata = received
	return answer
}

func (c *client) carryOutMethod(ctx context.Context, command Command) Answer {
	text, number := "", 0
	read := func(args any) { check(json.Unmarshal(command.Args, args)) }
	switch command.Method {
	case "Get":
		read(&text)
		reply, err := c.life.Get(ctx, text)
		return answerOf(reply, err)
	case "Tag":
		read(&text)
		reply, err := c.life.Tag(ctx, text)
		return answerOf(reply, err)
	case "Left":
		reply, err := c.life.Left(ctx)
		return answerOf(reply, err)
	case "Hold":
		read(&text)
		reply, err := c.life.Hold(ctx, text)
		return answerOf(reply, err)
	case "Held":
		read(&text)
		reply, err := c.life.Held(ctx, text)
		return answerOf(reply, err)
	case "EndOf":
		read(&text)
		reply, err := c.life.EndOf(ctx, text)
		return answerOf(reply, err)
	case "Fail":
		read(&number)
		return answerOf(nil, c.life.Fail(ctx, number))
	case "Echo":
		var value Everything
		read(&value)
		reply, err := c.life.Echo(ctx, value)
		return answerOf(&reply, err) // a big.Int says what it is by its address
	case "Shape":
		var circle Circle
		read(&circle)
		reply, err := c.life.Shape(ctx, circle)
		return answerOf(reply, err)
	case "Pair":
		var args LifePairArgs
		read(&args)
		reply, err := c.life.Pair(ctx, args)
		return answerOf(reply, err)
	case "Only":
		read(&number)
		reply, err := c.life.Only(ctx, LifeOnlyArgs{Number: number})
		return answerOf(reply, err)
	case "Unregistered":
		_, err := c.life.EchoOfGob(ctx, OfGob{Anything: struct{ X int }{1}})
		return answerOf(nil, err)
	case "Ping":
		return answerOf(nil, c.life.Ping(ctx))
	}
	log.Fatalf("no such method: %s", command.Method)
	return Answer{}
}

func answerOf(reply any, err error) Answer {
	answer := Answer{Reply: reply}
	if err == nil {
		return answer
	}
	answer.Error, answer.Kind = err.Error(), "other"
	var server rpc.ServerError
	if errors.As(err, &server) {
		answer.Kind = "server"
	}
	var coded *Error
	if errors.As(err, &coded) {
		answer.Code, answer.Unstarted = int(coded.Code), coded.Unstarted
	}
	var missing *NotFoundError
	if errors.As(err, &missing) {
		answer.Kind, answer.Cause = "NotFoundError", missing
	}
	var busy *BusyError
	if errors.As(err, &busy) {
		answer.Kind = "BusyError"
	}
	switch {
	case errors.Is(err, context.Canceled):
		answer.Kind = "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		answer.Kind = "deadline"
	case errors.Is(err, rpc.ErrShutdown):
		answer.Kind = "shutdown"
	}
	return answer
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	switch os.Args[1] {
	case "serve":
		serve()
	case "call":
		call()
	}
}
