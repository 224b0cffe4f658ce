package aliases

import (
	"net/rpc"

	. "golden/check"
	other "golden/plain"
)

type Args = other.Args
type Number = int
type Names = []string
type Quotient = *other.Quotient

type Service struct{}

func (s *Service) Add(args Args, reply *Number) error   { *reply = args.A + args.B; return nil }
func (s *Service) Names(args Names, reply *Names) error { *reply = args; return nil }
func (s *Service) Divide(args *other.Args, reply Quotient) error {
	reply.Quo = args.A / args.B
	return nil
}

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	return First(
		Reply(client, "Service.Add", Args{1, 2}, 3),
		Echo(client, "Service.Names", Names{"a"}),
		Reply(client, "Service.Divide", Args{6, 2}, other.Quotient{Quo: 3}),
	)
}
