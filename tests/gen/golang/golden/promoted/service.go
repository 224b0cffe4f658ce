package promoted

import (
	"net/rpc"

	"golden/check"
)

type Args struct{ A int }

type base struct{ offset int }

func (b *base) Add(args Args, reply *int) error    { *reply = args.A + b.offset; return nil }
func (b *base) Hidden(args Args, reply *int) error { return nil }
func (b base) Both(args Args, reply *int) error    { return nil }

type Other struct{}

func (Other) Both(args Args, reply *int) error { return nil }
func (Other) Echo(args Args, reply *int) error { *reply = args.A; return nil }

// Namer is an interface whose methods are promoted, too.
type Namer interface {
	// Name returns a name.
	Name(args Args, reply *string) error
}

type named struct{}

func (named) Name(args Args, reply *string) error { *reply = "n"; return nil }

// Service has methods of what it embeds, but not Both, which two have.
type Service struct {
	base
	*Other
	Namer
}

// Hidden is the service's own.
func (s *Service) Hidden(args Args, reply *int) error { *reply = -1; return nil }

// Value is registered by value: it has no methods of pointers.
type Value struct{ base }

func (v Value) Get(args Args, reply *int) error  { *reply = 7; return nil }
func (v *Value) Set(args Args, reply *int) error { return nil }

func Register(server *rpc.Server) error {
	service := &Service{base{10}, &Other{}, named{}}
	if err := server.Register(service); err != nil {
		return err
	}
	return server.Register(Value{})
}

func Call(client *rpc.Client) error {
	return check.First(
		check.Reply(client, "Service.Add", Args{1}, 11),
		check.Reply(client, "Service.Echo", Args{1}, 1),
		check.Reply(client, "Service.Name", Args{1}, "n"),
		check.Reply(client, "Service.Hidden", Args{1}, -1),
		check.Reply(client, "Value.Get", Args{1}, 7),
	)
}
