package embedded

import (
	"net/rpc"

	"golden/check"
)

type Base struct {
	ID   int
	Kind string
}

type Audit struct{ By string }

type Label string

type inner struct{ Hidden int }

// Item embeds in every way.
type Item struct {
	Base
	*Audit
	Label
	inner
	Name string
}

// Tagged embeds under a name in JSON.
type Tagged struct {
	Base `json:"base"`
	Name string
}

type Service struct{}

func (s *Service) Item(args Item, reply *Item) error       { *reply = args; return nil }
func (s *Service) Tagged(args Tagged, reply *Tagged) error { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Item", Item{
			Base: Base{1, "k"}, Audit: &Audit{"me"}, Label: "l", Name: "n",
		}),
		check.Echo(client, "Service.Item", Item{Name: "n"}),
		check.Echo(client, "Service.Tagged", Tagged{Base{1, "k"}, "n"}),
	)
}
