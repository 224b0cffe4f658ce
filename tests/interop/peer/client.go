package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"reflect"
	"sync"
)

// Command is one line of standard input.
//
//	dial       connect to address (network tcp or unix; protocol gob, http or json)
//	call       call method with args and wait for the reply
//	go         start a call under a name, and do not wait
//	done       wait for the next of the started calls that ends, whichever it is
//	flood      multiply count pairs of numbers, all in flight at once
//	tally      call method with each number below count, all in flight at once, and answer
//	           how many came back with their own number, whatever became of the others
//	sample     send the sample of a Kinds method (the zero one for the name "zero"), and
//	           answer how what comes back differs from it
//	echo       send count bytes through Probe.Echo and compare what comes back
//	halfclose  end the sending side of the connection
//	close      close the client
type Command struct {
	Op       string          `json:"op"`
	Network  string          `json:"network"`
	Address  string          `json:"address"`
	Protocol string          `json:"protocol"`
	Method   string          `json:"method"`
	Name     string          `json:"name"`
	Args     json.RawMessage `json:"args"`
	Count    int             `json:"count"`
}

// Answer is one line of standard output.
type Answer struct {
	Name  string `json:"name,omitempty"` // what the command `go` called it
	Reply any    `json:"reply"`
	Error string `json:"error"` // "" is none
	Kind  string `json:"kind"`  // the error's Go type
}

// session is one client and the calls that were started on it.
type session struct {
	conn   net.Conn
	client *rpc.Client
	done   chan *rpc.Call
	names  map[*rpc.Call]string
}

func call() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	answers := json.NewEncoder(os.Stdout)
	current := &session{done: make(chan *rpc.Call, 10000), names: map[*rpc.Call]string{}}
	for lines.Scan() {
		var command Command
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(current.carryOut(command)); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func (s *session) carryOut(command Command) Answer {
	switch command.Op {
	case "dial":
		return answer(nil, s.dial(command))
	case "call":
		args, reply := values(command)
		return answer(reply, s.client.Call(command.Method, args, reply))
	case "go":
		args, reply := values(command)
		s.names[s.client.Go(command.Method, args, reply, s.done)] = command.Name
		return answer(nil, nil)
	case "done":
		call := <-s.done
		ended := answer(call.Reply, call.Error)
		ended.Name = s.names[call]
		return ended
	case "flood":
		return answer(s.flood(command.Count))
	case "tally":
		return answer(s.tally(command.Method, command.Count), nil)
	case "sample":
		return answer(s.sample(Sample{command.Method, command.Name == "zero"}))
	case "echo":
		return answer(s.echo(command.Count))
	case "halfclose":
		return answer(nil, s.conn.(interface{ CloseWrite() error }).CloseWrite())
	case "close":
		return answer(nil, s.client.Close())
	}
	log.Fatalf("no such command: %s", command.Op)
	return Answer{}
}

func answer(reply any, err error) Answer {
	if err != nil {
		return Answer{Error: err.Error(), Kind: fmt.Sprintf("%T", err)}
	}
	return Answer{Reply: reply}
}

func (s *session) dial(command Command) (err error) {
	if command.Protocol == "http" {
		s.client, err = rpc.DialHTTP(command.Network, command.Address)
		return err
	}
	s.conn, err = net.Dial(command.Network, command.Address)
	if err != nil {
		return err
	}
	if command.Protocol == "json" {
		s.client = jsonrpc.NewClient(s.conn)
	} else {
		s.client = rpc.NewClient(s.conn)
	}
	return nil
}

// flood has every call in flight before it looks at a reply.
func (s *session) flood(count int) (int, error) {
	done := make(chan *rpc.Call, count)
	var senders sync.WaitGroup
	for i := range count {
		senders.Add(1)
		go func() {
			defer senders.Done()
			s.client.Go("Arith.Multiply", &Args{A: i, B: i + 1}, new(int), done)
		}()
	}
	senders.Wait()
	right := 0
	for range count {
		ended := <-done
		if ended.Error != nil {
			return right, ended.Error
		}
		args := ended.Args.(*Args)
		if *ended.Reply.(*int) == args.A*args.B {
			right++
		}
	}
	return right, nil
}

func (s *session) tally(method string, count int) int {
	done := make(chan *rpc.Call, count)
	for i := range count {
		s.client.Go(method, i, new(int), done)
	}
	right := 0
	for range count {
		ended := <-done
		if ended.Error == nil && *ended.Reply.(*int) == ended.Args.(int) {
			right++
		}
	}
	return right
}

func (s *session) sample(sample Sample) (string, error) {
	want := sample.value()
	got := reflect.New(want.Elem().Type())
	if err := s.client.Call(sample.Method, want.Interface(), got.Interface()); err != nil {
		return "", err
	}
	return difference(want.Elem().Interface(), got.Elem().Interface()), nil
}

// echo does not repeat itself within the first megabytes, so that mixed-up parts show.
func (s *session) echo(size int) (int, error) {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i ^ i>>8 ^ i>>16)
	}
	var reply []byte
	if err := s.client.Call("Probe.Echo", data, &reply); err != nil {
		return 0, err
	}
	if string(reply) != string(data) {
		return 0, errors.New("other bytes came back")
	}
	return len(reply), nil
}

// signatures has the types of the methods that a command may call.
var signatures = map[string][2]any{
	"Arith.Multiply":    {Args{}, 0},
	"Arith.Divide":      {Args{}, Quotient{}},
	"Probe.Wait":        {"", ""},
	"Probe.Arrived":     {Arrival{}, 0},
	"Probe.Release":     {"", false},
	"Probe.Fail":        {"", 0},
	"Probe.Reorder":     {Order{}, Order{}},
	"Probe.Unencodable": {0, 0},
	"Kinds.Nothing":     {struct{}{}, struct{}{}},
	"Kinds.Renamed":     {RenamedArgs{}, ""},
	"KVStore.Get":       {"", Entry{}},
	"KVStore.Put":       {PutArgs{}, 0},
	"KVStore.Delete":    {"", struct{}{}},
	"KVStore.Scan":      {ScanArgs{}, Page{}},
	"KVStore.GetMany":   {[]string{}, map[string]Entry{}},
	"KVStore.Stats":     {struct{}{}, Stats{}},
	"Shapes.Area":       {Circle{}, 0.0},
	"Shapes.Move":       {MoveArgs{}, nil}, // the reply is an interface
	"Shapes.Bounds":     {[]Point{}, Rectangle{}},
	"Shapes.Count":      {struct{}{}, 0},
	"Shapes.Describe":   {Circle{}, ""},

	// Services of Python alone.
	"Life.Seen":           {"", Seen{}},
	"Life.Trail":          {map[string]string{}, ""},
	"Life.FailWith":       {Failing{}, ""},
	"Life.Reject":         {0, ""},
	"Life.Hold":           {"", ""},
	"Life.EndOf":          {"", ""},
	"rpcgen.Health.Check": {"", 0},
}

// Seen is what a handler in Python sees of its call; a part of it.
type Seen struct {
	Method    string
	Metadata  map[string]string
	Remaining float64
	Cancelled bool
}

// Failing is how a handler in Python is to fail.
type Failing struct {
	Text     string
	Code     int
	Metadata map[string]string
}

var (
	circle    = Circle{Point{1, 2}, 3}
	rectangle = Rectangle{Point{0, 0}, Point{2, 3}}
)

// named has arguments which JSON cannot express, by the name in the command: values that
// travel as interfaces, and some which do not fit Arith.Multiply.
var named = map[string]any{
	"circle":         iface(circle),
	"group":          iface(Group{"outer", []any{rectangle, Group{"inner", []any{rectangle}}}}),
	"move circle":    MoveArgs{circle, Point{10, 20}, 2},
	"move rectangle": MoveArgs{rectangle, Point{1, 1}, 1},
	"number":         iface(42),
	"string":         "text",
	"wrong field":    struct{ A, B string }{"a", "b"},
	"no field":       struct{ X int }{1},
	"extra field":    struct{ A, B, C int }{7, 8, 9},
	"small field":    struct{ A, B int8 }{7, 8},
	"empty":          struct{}{},
}

// iface returns a pointer to an interface with the value in it: gob sends it with its type.
func iface(value any) *any {
	return &value
}

func values(command Command) (args, reply any) {
	types, ok := signatures[command.Method]
	if !ok {
		types = signatures["Arith.Multiply"] // a method that nobody has
	}
	reply = new(any)
	if types[1] != nil {
		reply = reflect.New(reflect.TypeOf(types[1])).Interface()
	}
	if args, ok := named[command.Name]; ok {
		return args, reply
	}
	argv := reflect.New(reflect.TypeOf(types[0]))
	if err := json.Unmarshal(command.Args, argv.Interface()); err != nil {
		log.Fatalf("%s: %v", command.Method, err)
	}
	return argv.Elem().Interface(), reply
}
