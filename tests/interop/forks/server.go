package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"sync"
)

// Addresses is where the server can be reached, by what it speaks there.
type Addresses struct {
	TCP  string `json:"tcp"`  // gob
	JSON string `json:"json"` // JSON-RPC
}

func serve() {
	var addresses Addresses
	life := newLife()
	accept(&addresses.TCP, life, func(conn net.Conn) rpc.ServerCodec { return newGobCodec(conn) })
	accept(&addresses.JSON, life, func(conn net.Conn) rpc.ServerCodec { return jsonrpc.NewServerCodec(conn) })
	check(json.NewEncoder(os.Stdout).Encode(addresses))
	io.Copy(io.Discard, os.Stdin)
}

func accept(bound *string, life *life, codec func(net.Conn) rpc.ServerCodec) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	*bound = listener.Addr().String()
	go func() {
		for {
			conn, err := listener.Accept()
			check(err)
			go (&session{codec: codec(conn), life: life, running: map[uint64]context.CancelFunc{}}).serve()
		}
	}()
}

// session is one connection.
type session struct {
	codec rpc.ServerCodec
	life  *life

	sending sync.Mutex // held while a response is written

	mutex   sync.Mutex // guards running
	running map[uint64]context.CancelFunc
}

func (s *session) serve() {
	defer s.codec.Close()
	for {
		var request rpc.Request
		if s.codec.ReadRequestHeader(&request) != nil {
			return
		}
		carryOut, err := s.read(request.ServiceMethod)
		if err != nil {
			return
		}
		go s.answer(request, carryOut)
	}
}

// read reads the arguments of a call and returns what carries it out, nil if nobody can.
func (s *session) read(method string) (func(context.Context) any, error) {
	var args Args
	var cancel CancelArgs
	var name string
	switch method {
	case cancelMethod:
		return func(context.Context) any { return s.cancel(cancel.Seq) }, s.codec.ReadRequestBody(&cancel)
	case "Arith.Multiply":
		return func(context.Context) any { return args.A * args.B }, s.codec.ReadRequestBody(&args)
	case "Life.Hold":
		return func(ctx context.Context) any { return s.life.hold(ctx, name) }, s.codec.ReadRequestBody(&name)
	case "Life.Held":
		return func(context.Context) any { return s.life.held(name) }, s.codec.ReadRequestBody(&name)
	case "Life.EndOf":
		return func(context.Context) any { return s.life.endOf(name) }, s.codec.ReadRequestBody(&name)
	}
	return nil, s.codec.ReadRequestBody(nil)
}

func (s *session) answer(request rpc.Request, carryOut func(context.Context) any) {
	response := rpc.Response{ServiceMethod: request.ServiceMethod, Seq: request.Seq}
	var reply any = struct{}{}
	if carryOut == nil {
		response.Error = "rpc: can't find service " + request.ServiceMethod
	} else {
		ctx, cancel := context.WithCancel(context.Background())
		s.mutex.Lock()
		s.running[request.Seq] = cancel
		s.mutex.Unlock()
		reply = carryOut(ctx)
		s.cancel(request.Seq)
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	s.codec.WriteResponse(&response, reply)
}

// cancel ends the context of a call, if it is running.
func (s *session) cancel(seq uint64) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if cancel, ok := s.running[seq]; ok {
		cancel()
		delete(s.running, seq)
	}
	return false
}

// life has the calls that are held, by their names.
type life struct {
	mutex   sync.Mutex // guards the maps
	changed *sync.Cond
	entered map[string]bool
	ended   map[string]bool
}

func newLife() *life {
	l := &life{entered: map[string]bool{}, ended: map[string]bool{}}
	l.changed = sync.NewCond(&l.mutex)
	return l
}

// hold returns once its call is cancelled.
func (l *life) hold(ctx context.Context, name string) string {
	l.note(l.entered, name)
	<-ctx.Done()
	l.note(l.ended, name)
	return "cancelled"
}

// held returns once a call of hold has begun.
func (l *life) held(name string) bool {
	return l.wait(l.entered, name)
}

// endOf returns once a call of hold has ended, and says how.
func (l *life) endOf(name string) string {
	l.wait(l.ended, name)
	return "cancelled"
}

func (l *life) note(names map[string]bool, name string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	names[name] = true
	l.changed.Broadcast()
}

func (l *life) wait(names map[string]bool, name string) bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for !names[name] {
		l.changed.Wait()
	}
	return true
}
