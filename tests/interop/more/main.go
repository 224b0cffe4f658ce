// A server and a client of stock Go whose services have names that only RegisterName takes, and
// whose types are those that Python has sets, literals, dataclasses and generic messages for.
package main

import (
	"encoding/gob"
	"fmt"
	"log"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
)

type User struct{ Name string }

type Shape interface{ Area() float64 }

type Circle struct{ Radius float64 }

func (c Circle) Area() float64 { return c.Radius }

type Page[T any] struct {
	Items []T
	Next  *T
}

type Filter struct {
	Level  string
	Tags   map[string]bool
	Limits map[string]int
	Page   Page[User]
}

type Drawing struct{ Shapes []Shape }

type OneArgs struct{ Name string }

type Service struct{}

func (Service) Uptime(_ struct{}, reply *float64) error {
	*reply = 1.5
	return nil
}

func (Service) Find(filter Filter, reply *Filter) error {
	filter.Tags["go"] = true
	filter.Tags["gone"] = false
	filter.Page.Items = append(filter.Page.Items, User{"go"})
	*reply = filter
	return nil
}

func (Service) Draw(drawing Drawing, reply *Drawing) error {
	*reply = drawing
	return nil
}

func (Service) One(args OneArgs, reply *string) error {
	*reply = "go " + args.Name
	return nil
}

func main() {
	gob.RegisterName("more.Circle", Circle{})
	if os.Args[1] == "call" {
		call(os.Args[2], os.Args[3], os.Args[4])
		return
	}
	for _, name := range os.Args[3:] {
		if err := rpc.RegisterName(name, Service{}); err != nil {
			log.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		if os.Args[2] == "json" {
			go jsonrpc.ServeConn(conn)
		} else {
			go rpc.ServeConn(conn)
		}
	}
}

func call(codec, address, name string) {
	dial := rpc.Dial
	if codec == "json" {
		dial = jsonrpc.Dial
	}
	client, err := dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	var uptime float64
	fmt.Println(client.Call(name+".Uptime", struct{}{}, &uptime), uptime)
	page := Page[User]{[]User{{"a"}}, &User{"b"}}
	filter := Filter{"low", map[string]bool{"x": true, "y": false}, map[string]int{"n": 1}, page}
	var found Filter
	err = client.Call(name+".Find", filter, &found)
	fmt.Println(err, found.Level, found.Tags, found.Limits, found.Page.Items, *found.Page.Next)
	filter.Level = "middle"
	fmt.Println(client.Call(name+".Find", filter, &found) != nil)
	if codec == "gob" {
		var drawing Drawing
		err = client.Call(name+".Draw", Drawing{[]Shape{Circle{2}}}, &drawing)
		fmt.Println(err, drawing.Shapes[0].Area())
	}
	var one string
	fmt.Println(client.Call(name+".One", OneArgs{"x"}, &one), one)
}
