package generics

import (
	"net/rpc"

	"golden/check"
)

// Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  *Cursor[string]
}

type Cursor[K comparable] struct{ Key K }

type Pair[K comparable, V any] struct {
	Key   K
	Value V
}

type User struct{ Name string }

type Users = Page[User]

type Store[T any] struct{}

func (s *Store[E]) Find(args Pair[string, int], reply *Page[E]) error {
	reply.Next = &Cursor[string]{args.Key}
	return nil
}

type Service struct{ Store[User] }

func (s *Service) Users(args Users, reply *Page[User]) error                       { *reply = args; return nil }
func (s *Service) Numbers(args Page[int], reply *Page[Pair[string, []User]]) error { return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Users", Users{[]User{{"a"}}, &Cursor[string]{"k"}}),
		check.Reply(client, "Service.Numbers", Page[int]{[]int{1}, nil}, Page[Pair[string, []User]]{}),
		check.Reply(client, "Service.Find", Pair[string, int]{"a", 1},
			Page[User]{Next: &Cursor[string]{"a"}}),
	)
}
