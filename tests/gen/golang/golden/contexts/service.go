// Package contexts is of a fork of net/rpc whose methods take a context first.
package contexts

import (
	"context"

	"example.com/birpc"
)

type Args struct{ A int }

type Service struct{}

func (s *Service) Get(ctx *context.Context, args Args, reply *int) error { return nil }

func (s *Service) Put(ctx context.Context, args *Args, reply *int) error { return nil }

func (s *Service) Three(a int, args Args, reply *int) error { return nil }

func serve() {
	server := birpc.NewServer()
	server.Register(&Service{})
}
