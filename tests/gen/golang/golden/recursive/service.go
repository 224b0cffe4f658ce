// Package recursive has types that hold themselves.
package recursive

import (
	"net/rpc"

	"golden/check"
)

type (
	Forest []Forest
	Tree   map[string]Tree
)

// Node holds itself in every way that an IDL can say, and in two that it cannot.
type Node struct {
	Name   string
	Forest Forest
	Tree   Tree
	Next   *Node
	List   []*Node
	ByName map[string]*Node
	Deep   **Node
	Other  *Other
}

// Other holds itself through another.
type Other struct{ Node *Node }

// Link has an array of pointers to itself.
type Link struct {
	Name string
	Ends [2]*Link
}

type Service struct{}

func (Service) Echo(args Node, reply *Node) error { *reply = args; return nil }

// Grow cannot be called.
func (Service) Grow(args Forest, reply *Tree) error { return nil }

// Ends takes what no gob can send: a link always lacks its own ends.
func (Service) Ends(args Link, reply *Link) error { return nil }

func Register(server *rpc.Server) error { return server.Register(Service{}) }

func Call(client *rpc.Client) error {
	leaf := &Node{Name: "leaf"}
	return check.First(
		check.Echo(client, "Service.Echo", Node{
			Name: "root", Next: leaf, List: []*Node{leaf, leaf}, ByName: map[string]*Node{"l": leaf},
			Deep: &leaf, Other: &Other{&Node{Name: "o"}},
		}),
		check.Echo(client, "Service.Echo", Node{}),
	)
}
