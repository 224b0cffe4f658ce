package json_tags

import (
	"net/rpc"

	"golden/check"
)

type Tagged struct {
	Addr    uint64            `json:"addr"`
	Labels  map[string]string `json:"labels,omitempty"`
	Secret  string            `json:"-"`
	Dash    int               `json:"-,"`
	Quoted  int64             `json:"quoted,string"`
	Empty   string            `json:",omitempty"`
	Zero    int               `json:"zero,omitzero" xml:"zero"`
	Foreign string            `xml:"foreign"`
	Plain   bool
}

type Service struct{}

func (s *Service) Echo(args Tagged, reply *Tagged) error { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error { return nil }

// CallGob calls what one option of a tag keeps from JSON.
func CallGob(client *rpc.Client) error {
	return check.Echo(client, "Service.Echo", Tagged{
		1 << 63, map[string]string{"a": "b"}, "s", 2, 3, "e", 4, "f", true,
	})
}
