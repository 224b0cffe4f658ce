package left_out

import (
	"net/rpc"

	"golden/check"
)

type locked struct{ state int }

// Item has fields that gob passes over.
type Item struct {
	Name     string
	Callback func(int) error
	Done     chan struct{}
	Pointer  *func()
	private  int
	Last     int
}

// Closed has nothing that travels.
type Closed struct{ state locked }

type Service struct{}

func (s *Service) Echo(args Item, reply *Item) error { *reply = args; return nil }

// Watch cannot be called.
func (s *Service) Watch(args chan int, reply *int) error { return nil }

// Value is not served: its reply is no pointer.
func (s *Service) Value(args int, reply int) error { return nil }

// Hidden is not served: its argument is not exported.
func (s *Service) Hidden(args locked, reply *int) error { return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error { return nil }

// CallGob calls what JSON of Go's refuses to write.
func CallGob(client *rpc.Client) error {
	return check.Echo(client, "Service.Echo", Item{Name: "a", Last: 1})
}
