// Package constraints has generic types of generic types.
package constraints

import (
	"cmp"
	"net/rpc"

	"golden/check"
)

type Number interface {
	~int | ~int64 | ~float64
}

type Pair[K cmp.Ordered, V any] struct {
	Key   K
	Value V
}

type Sum[N Number] struct {
	Total N
	Parts []N
}

type Tree[T any] struct {
	Left, Right *Tree[T]
	Item        T
}

type Base[T any] struct {
	ID   T
	Meta map[string]T
}

// User has the fields of a generic type.
type User struct {
	Base[int64]
	Name string
}

type Holder struct {
	*Base[string]
	Pair Pair[string, Pair[int, *User]]
}

type (
	Ints            = Pair[int, int]
	Lists[T any]    = map[string][]T
	Labelled[T any] = Pair[string, T]
)

type Args struct {
	Ints  Ints
	Lists Lists[Ints]
	Sum   Labelled[Sum[float64]]
	Tree  Tree[Tree[string]]
}

// Generic is served for one of its types.
type Generic[T any] struct{ last T }

func (g *Generic[T]) Put(args T, reply *Pair[string, T]) error {
	g.last = args
	*reply = Pair[string, T]{"last", args}
	return nil
}

// Service has the method of a generic type.
type Service struct{ *Generic[Args] }

func (s Service) Hold(args Holder, reply *Holder) error { *reply = args; return nil }

func Register(server *rpc.Server) error {
	if err := server.RegisterName("users", &Generic[User]{}); err != nil {
		return err
	}
	return server.Register(Service{&Generic[Args]{}})
}

func Call(client *rpc.Client) error {
	user := User{Base[int64]{7, map[string]int64{"a": 1}}, "u"}
	ints := Ints{1, 2}
	leaf := Tree[string]{Item: "leaf"}
	args := Args{
		ints, Lists[Ints]{"l": {ints}}, Labelled[Sum[float64]]{"s", Sum[float64]{1.5, []float64{1.5}}},
		Tree[Tree[string]]{Item: leaf, Left: &Tree[Tree[string]]{Item: leaf}},
	}
	holder := Holder{
		&Base[string]{"id", map[string]string{"b": "c"}},
		Pair[string, Pair[int, *User]]{"k", Pair[int, *User]{1, &user}},
	}
	return check.First(
		check.Reply(client, "users.Put", user, Pair[string, User]{"last", user}),
		check.Reply(client, "Service.Put", args, Pair[string, Args]{"last", args}),
		check.Echo(client, "Service.Hold", holder),
	)
}
