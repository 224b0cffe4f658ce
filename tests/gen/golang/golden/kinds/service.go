package kinds

import (
	"net/rpc"

	"golden/check"
)

type All struct {
	Truth         bool
	Int           int
	Int8          int8
	Int16         int16
	Int32         int32
	Int64         int64
	Uint          uint
	Uint8         uint8
	Uint16        uint16
	Uint32        uint32
	Uint64        uint64
	Uintptr       uintptr
	Byte          byte
	Rune          rune
	Float32       float32
	Float64       float64
	Text          string
	Bytes         []byte
	Slice         []string
	Nested        [][]int
	Map           map[string]int
	MapOfSlices   map[int][]Point
	KeyedByStruct map[Point]bool
}

type Complex struct {
	C64  complex64
	C128 complex128
}

type Point struct {
	X, Y int
}

type Kinds struct{}

func (Kinds) All(args All, reply *All) error                           { *reply = args; return nil }
func (Kinds) Complex(args Complex, reply *Complex) error               { *reply = args; return nil }
func (Kinds) Text(args string, reply *string) error                    { *reply = args; return nil }
func (Kinds) Slice(args []Point, reply *[]Point) error                 { *reply = args; return nil }
func (Kinds) Map(args map[string]Point, reply *map[string]Point) error { *reply = args; return nil }
func (Kinds) Bytes(args []byte, reply *[]byte) error                   { *reply = args; return nil }
func (Kinds) Small(args uint8, reply *int16) error                     { *reply = int16(args); return nil }

func Register(server *rpc.Server) error { return server.Register(Kinds{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Kinds.Text", "grün"),
		check.Echo(client, "Kinds.Slice", []Point{{1, 2}, {3, 4}}),
		check.Echo(client, "Kinds.Map", map[string]Point{"a": {1, 2}}),
		check.Echo(client, "Kinds.Bytes", []byte{1, 0, 255}),
		check.Reply(client, "Kinds.Small", uint8(200), int16(200)),
	)
}

// CallGob calls what JSON has no form for.
func CallGob(client *rpc.Client) error {
	all := All{
		true, -1, -2, -3, -4, -5, 1, 2, 3, 4, 1 << 63, 6, 7, 'x', 0.5, 0.25, "text",
		[]byte{1}, []string{"a", ""}, [][]int{{1}, {2, 3}}, map[string]int{"a": 1},
		map[int][]Point{-1: {{1, 2}}}, map[Point]bool{{1, 2}: true},
	}
	return check.First(
		check.Echo(client, "Kinds.All", all),
		check.Echo(client, "Kinds.Complex", Complex{1 + 2i, 3 - 4i}),
	)
}
