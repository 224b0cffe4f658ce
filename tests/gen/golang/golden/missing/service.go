// Package missing uses packages that are not here.
package missing

import (
	"net/http"
	"net/rpc"

	"example.com/far/away"
)

type Args struct {
	Known int
	Far   away.Type
	List  []away.Type
	Map   map[string]*away.Type
	Last  http.Header
}

type Service struct{}

func (s *Service) Known(args Args, reply *int) error { return nil }

func (s *Service) Far(args away.Type, reply *int) error { return nil }

func (s *Service) Reply(args int, reply *map[string]away.Type) error { return nil }

func serve(other any) {
	rpc.Register(new(Service))
	rpc.Register(other)
	away.Register(other)
}
