// Server offers the service Conformance with stock net/rpc, by gob, JSON and HTTP: prints a line of
// JSON with its addresses, and goes on until its standard input ends.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"sync"
)

type Value struct {
	Name   string
	Number int
	Ratio  float64
	Flag   bool
	Data   []byte
	List   []string
	Counts map[string]int
	Inner  *Value
}

type Conformance struct {
	mutex sync.Mutex
	gates map[string]chan struct{}
}

func (*Conformance) EchoInt(args int64, reply *int64) error       { *reply = args; return nil }
func (*Conformance) EchoUint(args uint64, reply *uint64) error    { *reply = args; return nil }
func (*Conformance) EchoFloat(args float64, reply *float64) error { *reply = args; return nil }
func (*Conformance) EchoBool(args bool, reply *bool) error        { *reply = args; return nil }
func (*Conformance) EchoString(args string, reply *string) error  { *reply = args; return nil }
func (*Conformance) EchoBytes(args []byte, reply *[]byte) error   { *reply = args; return nil }
func (*Conformance) EchoInts(args []int64, reply *[]int64) error  { *reply = args; return nil }
func (*Conformance) EchoValue(args Value, reply *Value) error     { *reply = args; return nil }
func (*Conformance) Fail(text string, reply *int64) error         { return errors.New(text) }

func (*Conformance) EchoMap(args map[string]int64, reply *map[string]int64) error {
	*reply = args
	return nil
}

func (c *Conformance) gate(name string) chan struct{} {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.gates[name] == nil {
		c.gates[name] = make(chan struct{})
	}
	return c.gates[name]
}

func (c *Conformance) Wait(name string, reply *string) error {
	<-c.gate(name)
	*reply = name
	return nil
}

func (c *Conformance) Release(name string, reply *bool) error {
	close(c.gate(name))
	*reply = true
	return nil
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

func main() {
	log.SetOutput(io.Discard)
	if err := rpc.Register(&Conformance{gates: map[string]chan struct{}{}}); err != nil {
		log.Fatal(err)
	}
	rpc.HandleHTTP()
	gob, web, text := listen(), listen(), listen()
	go rpc.Accept(gob)
	go http.Serve(web, nil)
	go func() {
		for {
			connection, err := text.Accept()
			if err != nil {
				return
			}
			go jsonrpc.ServeConn(connection)
		}
	}()
	json.NewEncoder(os.Stdout).Encode(map[string]string{
		"gob":  gob.Addr().String(),
		"http": "http://" + web.Addr().String(),
		"json": text.Addr().String(),
	})
	io.Copy(io.Discard, os.Stdin)
}
