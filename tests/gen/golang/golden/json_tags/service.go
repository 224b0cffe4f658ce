package json_tags

import (
	"net/rpc"

	"golden/check"
)

type Level uint8

const (
	Low Level = iota
	High
)

type Tagged struct {
	Addr    uint64            `json:"addr"`
	Labels  map[string]string `json:"labels,omitempty"`
	Secret  string            `json:"-"`
	Dash    int               `json:"-,"`
	Quoted  int64             `json:"quoted,string"`
	Bits    uint64            `json:"bits,omitempty,string"`
	Real    float64           `json:",string"`
	Flag    bool              `json:"flag,string"`
	Text    string            `json:"text,string"`
	Pointer *int              `json:"pointer,string"`
	Absent  *string           `json:"absent,string"`
	Level   Level             `json:"level,string"`
	List    []int             `json:"list,string"` // Go heeds it for plain types alone
	Empty   string            `json:",omitempty"`
	Zero    int               `json:"zero,omitzero" xml:"zero"`
	Foreign string            `xml:"foreign"`
	Plain   bool
}

type Service struct{}

func (s *Service) Echo(args Tagged, reply *Tagged) error { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	number := -7
	return check.Echo(client, "Service.Echo", Tagged{
		Addr: 1 << 63, Labels: map[string]string{"a": "b"}, Dash: 2, Quoted: -3, Bits: 1<<64 - 1,
		Real: 1.5e300, Flag: true, Text: "a<\"b\"\u2028", Pointer: &number, Level: High,
		List: []int{1}, Empty: "e", Zero: 4, Foreign: "f", Plain: true,
	})
}

// CallGob calls what a tag keeps from JSON.
func CallGob(client *rpc.Client) error {
	return check.Echo(client, "Service.Echo", Tagged{Secret: "s"})
}
