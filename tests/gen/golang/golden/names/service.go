package names

import (
	"net/rpc"

	"golden/check"
)

// Names are those that Python, or the rule for names, has something to say about.
type Names struct {
	ID         int
	Id         int
	UserID     string
	Guid       string
	GUID       string
	UserIDs    []int
	HTTPServer string
	UTF8       bool
	IPv4       string
	Class      string
	From       string
	List       []int
	Dict       map[string]int
	Length     int
	Field      string
	Self       string
	Snake_Case int
	Größe      int
	X1Y2       int
}

type List struct{ Any any }

type None struct{ Def, Lambda, Return bool }

type Service struct{}

func (Service) Echo(self Names, reply *Names) error      { *reply = self; return nil }
func (Service) List(list []string, def *[]string) error  { *def = list; return nil }
func (Service) Import(_ None, reply *None) error         { return nil }
func (Service) Close(args int, reply *int) error         { *reply = args; return nil }
func (Service) Go(args int, reply *int) error            { *reply = args; return nil }
func (Service) Dial(args int, reply *int) error          { *reply = args; return nil }
func (Service) GetGuid(args string, reply *string) error { *reply = args; return nil }
func (Service) RPC_set(args string, reply *string) error { *reply = args; return nil }
func (Service) Str(args []string, reply *string) error   { *reply = args[0]; return nil }

func Register(server *rpc.Server) error { return server.Register(Service{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Echo", Names{
			1, 2, "u", "g", "G", []int{1}, "h", true, "4", "c", "f", []int{2},
			map[string]int{"a": 1}, 3, "f", "s", 4, 5, 6,
		}),
		check.Echo(client, "Service.List", []string{"a"}),
		check.Reply(client, "Service.Import", None{true, true, true}, None{}),
		check.Echo(client, "Service.Close", 1),
		check.Echo(client, "Service.Go", 2),
		check.Echo(client, "Service.Dial", 3),
		check.Echo(client, "Service.GetGuid", "a"),
		check.Echo(client, "Service.RPC_set", "b"),
		check.Reply(client, "Service.Str", []string{"a"}, "a"),
	)
}
