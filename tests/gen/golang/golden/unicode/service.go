// Package unicode has names that are not plain.
package unicode

import (
	"net/rpc"

	"golden/check"
)

type Größe struct {
	Ärger     string `json:"ärger"`
	Δelta     int
	Named     string "json:\"named\" xml:\"n\""
	Comma     int    `json:",omitempty" db:"x"`
	Dash      int    `json:"-,"`
	Space     int    `json:"a b"`
	Malformed int    `json:malformed`
	Class     int
	Self      int
	From      string
	Lambda_   int
	X_y       int
	X__y      int
	HTTPURLId string
	ID        int
	Id        string
	日本        int
	_         int
	A, B, C   *int
}

type Service struct{}

func (Service) Do(args Größe, reply *Größe) error { *reply = args; return nil }
func (Service) Äpfel(args int, reply *int) error  { *reply = args; return nil }
func (Service) Print(args int, reply *int) error  { *reply = args; return nil }
func (Service) Import(args int, reply *int) error { *reply = args; return nil }
func (Service) X__y(args int, reply *int) error   { *reply = args; return nil }
func (Service) X_y(args int, reply *int) error    { *reply = -args; return nil }

func Register(server *rpc.Server) error { return server.Register(Service{}) }

func Call(client *rpc.Client) error {
	one := 1
	return check.First(
		check.Echo(client, "Service.Do", Größe{
			Ärger: "a", Δelta: 1, Named: "n", Comma: 2, Dash: 3, Space: 4, Malformed: 5, Class: 6, Self: 7,
			From: "f", Lambda_: 8, X_y: 9, X__y: 10, HTTPURLId: "h", ID: 11, Id: "i", B: &one,
		}),
		check.Echo(client, "Service.Äpfel", 1),
		check.Echo(client, "Service.Print", 2),
		check.Echo(client, "Service.Import", 3),
		check.Echo(client, "Service.X__y", 4),
		check.Reply(client, "Service.X_y", 5, -5),
	)
}
