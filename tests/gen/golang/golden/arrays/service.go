package arrays

import (
	"net/rpc"

	"golden/check"
)

const Size = 2

type Cell struct{ X, Y int }

type Key struct{ Parts [Size]string }

type Arrays struct {
	Numbers [3]int
	Digest  [4]byte
	Words   [Size + 1]string
	Cells   [Size]Cell
	Grid    [2][2]float64
	Lists   [2][]int
	ByKey   map[[2]int]string
	ByPart  map[Key]int
}

type Service struct{}

func (s *Service) Echo(args Arrays, reply *Arrays) error { *reply = args; return nil }
func (s *Service) Swap(args [2]int, reply *[2]int) error {
	*reply = [2]int{args[1], args[0]}
	return nil
}

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	return check.Reply(client, "Service.Swap", [2]int{1, 2}, [2]int{2, 1})
}

// CallGob calls what JSON has no form for: maps with such keys.
func CallGob(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Echo", Arrays{
			[3]int{1, 2, 3}, [4]byte{1, 2, 3, 4}, [3]string{"a", "b", "c"}, [2]Cell{{1, 2}, {3, 4}},
			[2][2]float64{{1, 2}, {3, 4}}, [2][]int{{1}, {2, 3}}, map[[2]int]string{{1, 2}: "a"},
			map[Key]int{{[2]string{"a", "b"}}: 1},
		}),
	)
}
