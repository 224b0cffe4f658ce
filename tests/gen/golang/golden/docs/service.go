/*
Package docs is documented in every way.

It has a paragraph, and "quotes" and \backslashes\ in it.
*/
package docs

import (
	"net"
	"net/http"
	"net/rpc"

	"golden/check"
)

// Args are documented.
//
//	code(in, a, block)
//
// And a line that is much longer than any that a person would write, and that goes on and on until it is over.
type Args struct {
	// A is documented above.
	A int
	B int // B is documented beside.

	C int /* C as well. */

	// This is about nothing.

	D int
}

//go:generate echo

// Service ends with a "quote"
type Service struct{}

// Get says 'this' and """that""".
//
// Deprecated: use Put.
func (s *Service) Get(args Args, reply *int) error { *reply = args.A; return nil }

//nolint:all
func (s *Service) Put(args Args, reply *int) error { *reply = args.B; return nil }

const path = "/rpc"

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func serve(server *rpc.Server, listener net.Listener) error {
	server.HandleHTTP(path, "/debug"+path)
	return http.Serve(listener, nil)
}

func Call(client *rpc.Client) error {
	return check.First(
		check.Reply(client, "Service.Get", Args{1, 2, 3, 4}, 1),
		check.Reply(client, "Service.Put", Args{1, 2, 3, 4}, 2),
	)
}
