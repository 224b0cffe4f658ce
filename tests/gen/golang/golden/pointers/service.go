package pointers

import (
	"net/rpc"

	"golden/check"
)

// Tree holds itself.
type Tree struct {
	Value       int
	Left, Right *Tree
	Others      []*Tree
	ByName      map[string]*Tree
}

type Maybe struct {
	Number *int
	Text   *string
	Twice  **int
	Tree   *Tree
	Slice  *[]int
	Map    *map[string]int
}

type Service struct{}

func (s *Service) Tree(args *Tree, reply *Tree) error     { *reply = *args; return nil }
func (s *Service) Maybe(args **Maybe, reply *Maybe) error { *reply = **args; return nil }
func (s *Service) New(args string, reply **Tree) error    { *reply = &Tree{Value: len(args)}; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	one, text, slice := 1, "a", []int{1, 2}
	twice := &one
	mapped := map[string]int{"a": 1}
	leaf := &Tree{Value: 2}
	return check.First(
		check.Echo(client, "Service.Tree", Tree{1, leaf, nil, []*Tree{leaf}, map[string]*Tree{"a": leaf}}),
		check.Echo(client, "Service.Maybe", Maybe{&one, &text, &twice, leaf, &slice, &mapped}),
		check.Echo(client, "Service.Maybe", Maybe{}),
		check.Reply(client, "Service.New", "abc", Tree{Value: 3}),
	)
}
