package broken

import (
	"net/rpc"

	"golden/check"
)

type Args struct{ A int }

type Service struct{ limit *int }

func (s *Service) Before(args Args, reply *int) error { *reply = 1; return nil }

func (s *Service) Within(args Args, reply *int) error {
	s.limit = new(args.A + 1)
	*reply = *s.limit
	return nil
}

var limit = new(40 + 2)

func (s *Service) After(args Args, reply *int) error { *reply = *limit; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Reply(client, "Service.Before", Args{1}, 1),
		check.Reply(client, "Service.Within", Args{1}, 2),
		check.Reply(client, "Service.After", Args{1}, 42),
	)
}
