// Command run serves all cases, and calls them wherever they are served.
//
//	run serve                     prints "case codec address" for each, and serves until its input ends
//	run call CASE CODEC ADDRESS   calls every method of a case and exits with 1 if a reply is wrong
package main

import (
	"fmt"
	"io"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"

	"golden/aliases"
	"golden/anonymous"
	"golden/arrays"
	"golden/broken"
	"golden/constants"
	"golden/constraints"
	"golden/docs"
	"golden/embedded"
	"golden/enums"
	"golden/generics"
	"golden/interfaces"
	"golden/json_tags"
	"golden/kinds"
	"golden/left_out"
	"golden/library"
	"golden/named_types"
	"golden/names"
	"golden/plain"
	"golden/pointers"
	"golden/promoted"
	"golden/promoted_far"
	"golden/recursive"
	"golden/register_name"
	"golden/self_encoding"
	"golden/several_names"
	"golden/unicode"
)

type call = func(*rpc.Client) error

// A testCase registers services, and calls them by any codec and by gob alone.
type testCase struct {
	register func(*rpc.Server) error
	call     call
	callGob  call
}

var cases = map[string]testCase{
	"aliases":       {aliases.Register, aliases.Call, nil},
	"anonymous":     {anonymous.Register, anonymous.Call, nil},
	"arrays":        {arrays.Register, arrays.Call, arrays.CallGob},
	"broken":        {broken.Register, broken.Call, nil},
	"constants":     {constants.Register, constants.Call, nil},
	"constraints":   {constraints.Register, constraints.Call, nil},
	"docs":          {docs.Register, docs.Call, nil},
	"embedded":      {embedded.Register, embedded.Call, nil},
	"enums":         {enums.Register, enums.Call, nil},
	"generics":      {generics.Register, generics.Call, nil},
	"interfaces":    {interfaces.Register, nil, interfaces.CallGob},
	"json_tags":     {json_tags.Register, json_tags.Call, json_tags.CallGob},
	"kinds":         {kinds.Register, kinds.Call, kinds.CallGob},
	"left_out":      {left_out.Register, nil, left_out.CallGob},
	"library":       {library.Register, library.Call, library.CallGob},
	"named_types":   {named_types.Register, named_types.Call, nil},
	"names":         {names.Register, names.Call, nil},
	"plain":         {plain.Register, plain.Call, nil},
	"pointers":      {pointers.Register, pointers.Call, nil},
	"promoted":      {promoted.Register, promoted.Call, nil},
	"promoted_far":  {promoted_far.Register, promoted_far.Call, nil},
	"recursive":     {recursive.Register, recursive.Call, nil},
	"register_name": {register_name.Register, register_name.Call, nil},
	"self_encoding": {self_encoding.Register, nil, self_encoding.CallGob},
	"several_names": {several_names.Register, several_names.Call, nil},
	"unicode":       {unicode.Register, unicode.Call, nil},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 4 && args[0] == "call" {
		return callCase(args[1], args[2], args[3])
	}
	for name, each := range cases {
		server := rpc.NewServer()
		if err := each.register(server); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, codec := range []string{"gob", "json"} {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			go serve(server, listener, codec)
			fmt.Println(name, codec, listener.Addr())
		}
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func serve(server *rpc.Server, listener net.Listener, codec string) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		if codec == "json" {
			go server.ServeCodec(jsonrpc.NewServerCodec(conn))
		} else {
			go server.ServeConn(conn)
		}
	}
}

func callCase(name, codec, address string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	newClient := rpc.NewClient
	if codec == "json" {
		newClient = jsonrpc.NewClient
	}
	client := newClient(conn)
	defer client.Close()
	calls := []call{cases[name].call}
	if codec == "gob" {
		calls = append(calls, cases[name].callGob)
	}
	for _, each := range calls {
		if each == nil {
			continue
		}
		if err := each(client); err != nil {
			return err
		}
	}
	return nil
}
