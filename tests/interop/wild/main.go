// Program wild serves what Go programs do and Go's own tests do not: names in another case,
// UUIDs as github.com/google/uuid has them, texts that are not UTF-8, values of any type.
//
// It prints the address that it serves, or, given one, calls the service there and prints what
// comes back. A second word, json, has it speak JSON-RPC.
package main

import (
	"bufio"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"time"
)

// UUID has the methods of github.com/google/uuid.
type UUID [16]byte

func (u UUID) String() string {
	h := hex.EncodeToString(u[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

func (u *UUID) UnmarshalText(text []byte) error {
	var digits []byte
	for _, c := range text {
		if c != '-' {
			digits = append(digits, c)
		}
	}
	if len(digits) != 32 {
		return fmt.Errorf("invalid UUID length: %d", len(text))
	}
	_, err := hex.Decode(u[:], digits)
	return err
}

func (u UUID) MarshalBinary() ([]byte, error) { return u[:], nil }

func (u *UUID) UnmarshalBinary(data []byte) error {
	if len(data) != 16 {
		return fmt.Errorf("invalid UUID (got %d bytes)", len(data))
	}
	copy(u[:], data)
	return nil
}

type User struct {
	Guid     string
	CpuUsage float64
	Name     string
}

type Item struct {
	ID   UUID
	Tags map[UUID]string
	List []UUID
	None *UUID
}

type Named struct{ X int }

type Wild struct{}

func (Wild) User(n int, u *User) error { *u = User{"g-1", .5, "bob"}; return nil }

func (Wild) EchoUUID(id UUID, out *UUID) error { *out = id; return nil }

func (Wild) EchoArray(id [16]byte, out *[16]byte) error { *out = id; return nil }

func (Wild) EchoItem(item Item, out *Item) error { *out = item; return nil }

func (Wild) Describe(item Item, out *string) error { *out = fmt.Sprint(item); return nil }

func (Wild) Fail(n int, out *int) error { return errors.New("open caf\xe9: no such file") }

func (Wild) Latin(s string, out *string) error { *out = "caf\xe9" + s; return nil }

// Value returns values of many types as an interface.
func (Wild) Value(n int, out *any) error { *out = values[n%len(values)]; return nil }

// TypeOf says which type a value of an interface has.
func (Wild) TypeOf(v any, out *string) error { *out = fmt.Sprintf("%T %v", v, v); return nil }

// Times returns moments that few calendars have.
func (Wild) Time(n int, out *time.Time) error { *out = times[n%len(times)]; return nil }

var west = time.FixedZone("west", -5*3600)

var times = []time.Time{
	{},
	time.Time{}.In(west),
	time.Date(9999, 12, 31, 23, 0, 0, 0, west),
	time.Date(10000, 1, 1, 0, 0, 0, 1, time.UTC),
	time.Date(-5, 1, 2, 3, 4, 5, 6, time.UTC),
	time.Unix(1<<40, 999999999).In(west),
}

var values = []any{
	uint8(200), int8(-5), uint64(1 << 60), float32(1.5), complex64(1i), 5, "text", true, []byte{1},
	[]string{"c"}, []any{"c"}, []any{}, []int{1, 2}, map[string]any{"a": uint16(1)}, Named{1},
	Colour(3), times[3], time.Duration(5), UUID{1},
}

type Colour int

func main() {
	gob.Register([]any{})
	gob.Register(map[string]any{})
	gob.Register(Named{})
	gob.Register(Colour(0))
	gob.Register(time.Time{})
	gob.Register(time.Duration(0))
	gob.RegisterName("github.com/google/uuid.UUID", UUID{})
	if err := rpc.Register(Wild{}); err != nil {
		panic(err)
	}
	isJSON := len(os.Args) > 1 && os.Args[1] == "json"
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			if isJSON {
				go jsonrpc.ServeConn(connection)
			} else {
				go rpc.ServeConn(connection)
			}
		}
	}()
	// Each line is the address of a server, to which every value is sent and comes back.
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		client, err := rpc.Dial("tcp", lines.Text())
		if err != nil {
			fmt.Println(err)
			continue
		}
		for _, value := range values {
			var back any
			if err := client.Call("Echo.Value", &value, &back); err != nil {
				fmt.Println(err)
				continue
			}
			fmt.Printf("%T %v\n", back, fmt.Sprint(back) == fmt.Sprint(value))
		}
		var id UUID
		err = client.Call("Echo.UUID", UUID{1, 2}, &id)
		fmt.Println(id, err)
		var colour int
		fmt.Println(client.Call("Echo.Caf\xe9", 1, &colour) != nil)
		fmt.Println("done")
		client.Close()
	}
}
