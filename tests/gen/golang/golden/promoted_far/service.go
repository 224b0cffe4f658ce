// Package promoted_far has methods of two other packages.
package promoted_far

import (
	"net/rpc"

	"golden/check"
	"golden/promoted_far/mid"
)

type Service struct {
	*mid.Mid
	other
}

type other struct{ Other }

type Other struct{}

func (Other) Twice(args int, reply *int) error     { *reply = 2 * args; return nil }
func (o *other) Thrice(args int, reply *int) error { *reply = 3 * args; return nil }

// Own returns an alias, which is the very type error.
func (Service) Own(args mid.Args, reply *int) Failure { *reply = args.X; return nil }

type Failure = error

const name = "far" + "/"

// What registers is a variable of the package.
var Register = func(server *rpc.Server) error {
	service := New()
	return server.RegisterName(name+mid.Version, service)
}

func New() *Service { return &Service{Mid: mid.New()} }

func Call(client *rpc.Client) error {
	return check.First(
		check.Reply(client, "far/v2.Own", mid.Args{X: 1}, 1),
		check.Reply(client, "far/v2.Twice", 2, 4),
		check.Reply(client, "far/v2.Thrice", 2, 6),
		check.Reply(client, "far/v2.Middle", mid.Args{X: 1, Y: 2}, mid.Args{X: 2, Y: 1}),
		check.Reply(client, "far/v2.Deepest", mid.Args{X: 1}, []mid.Args{{X: 1}}),
		check.Reply(client, "far/v2.Inner", mid.Args{Y: 1}, []*mid.Args{{Y: 1}}),
	)
}
