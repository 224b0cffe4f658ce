package named_types

import (
	"net/rpc"

	"golden/check"
)

type (
	// UserID numbers users.
	UserID  int64
	Name    string
	Celsius float64
	Switch  bool
	Names   []Name
	Users   map[UserID]Names
	Matrix  [][]Celsius
	Digest  []byte
	Nothing struct{}
	Other   UserID
)

// Forest is made of itself.
type Forest []Forest

type All struct {
	User   UserID
	Name   Name
	Degree Celsius
	On     Switch
	Names  Names
	Users  Users
	Matrix Matrix
	Digest Digest
	Other  Other
	Forest Forest
}

type Service struct{}

func (s *Service) All(args All, reply *All) error          { *reply = args; return nil }
func (s *Service) User(args UserID, reply *UserID) error   { *reply = args; return nil }
func (s *Service) Names(args Names, reply *Names) error    { *reply = args; return nil }
func (s *Service) Nothing(args Nothing, reply *Name) error { *reply = "n"; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.All", All{
			1, "n", 36.5, true, Names{"a"}, Users{1: {"b"}}, Matrix{{1.5}}, Digest{1, 2}, 3, nil,
		}),
		check.Echo(client, "Service.User", UserID(1)),
		check.Echo(client, "Service.Names", Names{"a", "b"}),
		check.Reply(client, "Service.Nothing", Nothing{}, Name("n")),
	)
}
