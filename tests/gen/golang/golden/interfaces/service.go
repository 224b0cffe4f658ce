package interfaces

import (
	"encoding/gob"
	"net/rpc"

	"golden/check"
)

type Shape interface {
	Area() float64
}

type Circle struct{ Radius float64 }

func (c Circle) Area() float64 { return 3 * c.Radius * c.Radius }

type Square struct{ Side float64 }

func (s *Square) Area() float64 { return s.Side * s.Side }

// Blob fits nothing but any.
type Blob struct{ Data []byte }

type Lonely interface{ Alone() }

type Drawing struct {
	Main   Shape
	All    []Shape
	ByName map[string]Shape
	Extra  any
	More   interface{}
	Err    error
	Lonely Lonely
}

func init() {
	gob.Register(Circle{})
	gob.Register(&Square{})
	gob.RegisterName("blob", Blob{})
}

type Service struct{}

func (s *Service) Echo(args Drawing, reply *Drawing) error { *reply = args; return nil }
func (s *Service) First(args []Shape, reply *Shape) error  { *reply = args[0]; return nil }
func (s *Service) Any(args any, reply *any) error          { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error { return nil }

// CallGob calls what JSON does not bring back to Go.
func CallGob(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Echo", Drawing{
			Main:   Circle{1.5},
			All:    []Shape{&Square{2}, Circle{1}},
			ByName: map[string]Shape{"a": &Square{3}},
			Extra:  Blob{[]byte{1}},
			More:   7,
		}),
		check.Echo(client, "Service.Echo", Drawing{}),
		check.Reply[[]Shape, Shape](client, "Service.First", []Shape{&Square{2}}, &Square{2}),
	)
}
