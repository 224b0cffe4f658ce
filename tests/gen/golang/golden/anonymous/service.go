package anonymous

import (
	"net/rpc"

	"golden/check"
)

type Order struct {
	ID       int
	Customer struct {
		Name    string
		Address struct{ City string }
	}
	Lines []struct {
		Article string
		Count   int
	}
	Notes map[string]*struct{ Text string }
}

type Service struct{}

func (s *Service) Echo(args Order, reply *Order) error { *reply = args; return nil }
func (s *Service) Ask(args struct{ A, B int }, reply *struct{ Sum int }) error {
	reply.Sum = args.A + args.B
	return nil
}

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	var order Order
	order.ID = 1
	order.Customer.Name = "n"
	order.Customer.Address.City = "c"
	order.Lines = append(order.Lines, struct {
		Article string
		Count   int
	}{"a", 2})
	order.Notes = map[string]*struct{ Text string }{"a": {"t"}}
	return check.First(
		check.Echo(client, "Service.Echo", order),
		check.Reply(client, "Service.Ask", struct{ A, B int }{1, 2}, struct{ Sum int }{3}),
	)
}
