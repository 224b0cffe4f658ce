package register_name

import (
	"net/rpc"

	"golden/check"
	"golden/register_name/names"
)

const local = "local"

type visor struct{}

func newVisor() (*visor, error) { return &visor{}, nil }

func (v *visor) Up(args string, reply *bool) error { *reply = args != ""; return nil }

type First struct{}

func (First) Get(args int, reply *int) error { *reply = args + 1; return nil }

type Second struct{}

func (*Second) Get(args int, reply *int) error { *reply = args + 2; return nil }

type Third struct{ inner Second }

func (t *Third) Get(args int, reply *int) error { *reply = args + 3; return nil }

type Fourth struct{}

func (Fourth) Get(args int, reply *int) error { *reply = args + 4; return nil }

type holder struct {
	server *rpc.Server
	third  *Third
}

// add registers what it is given, under a name that it is given.
func (h *holder) add(value any, name string) error { return h.server.RegisterName(name, value) }

func Register(server *rpc.Server) error {
	v, err := newVisor()
	if err != nil {
		return err
	}
	h := holder{server, new(Third)}
	var fourth Fourth
	return check.First(
		server.RegisterName(names.Visor, v),
		server.RegisterName(names.Version, First{}),
		server.RegisterName(local, new(Second)),
		h.add(h.third, "third"),
		h.add(&fourth, "Four"+"th"),
	)
}

func Call(client *rpc.Client) error {
	return check.First(
		check.Reply(client, "app-visor.Up", "a", true),
		check.Reply(client, "v1.Get", 1, 2),
		check.Reply(client, "local.Get", 1, 3),
		check.Reply(client, "third.Get", 1, 4),
		check.Reply(client, "Fourth.Get", 1, 5),
	)
}
