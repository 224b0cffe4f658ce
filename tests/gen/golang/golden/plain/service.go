// Package plain has the service that every introduction begins with.
package plain

import (
	"errors"
	"net/rpc"

	"golden/check"
)

// Args are the two numbers.
type Args struct {
	A, B int
}

// Quotient is the result of a division, with its remainder.
type Quotient struct {
	Quo, Rem int
}

// Arith does arithmetic.
type Arith int

// Multiply returns the product of A and B.
func (t *Arith) Multiply(args *Args, reply *int) error {
	*reply = args.A * args.B
	return nil
}

// Divide returns the quotient of A and B.
func (t *Arith) Divide(args *Args, quo *Quotient) error {
	if args.B == 0 {
		return errors.New("divide by zero")
	}
	quo.Quo = args.A / args.B
	quo.Rem = args.A % args.B
	return nil
}

// Ping takes and gives nothing.
func (t *Arith) Ping(struct{}, *struct{}) error { return nil }

// Sum is no method of the service: it returns no error.
func (t *Arith) Sum(args *Args, reply *int) {}

func Register(server *rpc.Server) error {
	return server.Register(new(Arith))
}

func Call(client *rpc.Client) error {
	var quo Quotient
	err := client.Call("Arith.Divide", Args{1, 0}, &quo)
	if err == nil || err.Error() != "divide by zero" {
		return errors.New("a division by zero gave no error")
	}
	return check.First(
		check.Reply(client, "Arith.Multiply", Args{7, 8}, 56),
		check.Reply(client, "Arith.Divide", Args{17, 8}, Quotient{2, 1}),
		check.Reply(client, "Arith.Ping", struct{}{}, struct{}{}),
	)
}
