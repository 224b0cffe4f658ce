// Command net is the benchmarks' peer in Go: its own net/rpc, over gob or JSON.
//
//	net serve CODEC          prints {"address": "127.0.0.1:1234"} and serves until stdin ends
//	net call CODEC ADDRESS   makes a first call, prints {"ready": true}, and answers jobs
//
// It speaks as benchmarks/child.py does, and its jobs are those of
// benchmarks/job.py: lines of JSON in, latencies in nanoseconds out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: net serve CODEC | net call CODEC ADDRESS")
	}
	codec := os.Args[2]
	if os.Args[1] == "serve" {
		serve(codec)
	} else {
		answer(codec, os.Args[3])
	}
}

func serve(codec string) {
	if err := rpc.Register(new(Arith)); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	say(map[string]any{"address": listener.Addr().String()})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				log.Fatal(err)
			}
			if codec == "json" {
				go jsonrpc.ServeConn(conn)
			} else {
				go rpc.ServeConn(conn)
			}
		}
	}()
	io.Copy(io.Discard, os.Stdin)
}

func dial(codec, address string) (*rpc.Client, error) {
	if codec == "json" {
		return jsonrpc.Dial("tcp", address)
	}
	return rpc.Dial("tcp", address)
}

func answer(codec, address string) {
	client, err := dial(codec, address)
	if err != nil {
		fail(err)
		os.Exit(1)
	}
	if err := multiply(client); err != nil {
		fail(err)
		os.Exit(1)
	}
	say(map[string]any{"ready": true})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var job Job
		if err := json.Unmarshal(lines.Bytes(), &job); err != nil {
			fail(err)
			continue
		}
		another := func() (*rpc.Client, error) { return dial(codec, address) }
		timing, err := measure(client, another, job)
		if err != nil {
			fail(err)
			continue
		}
		say(timing)
	}
}

func fail(err error) {
	say(map[string]any{"error": fmt.Sprint(err)})
}

func say(answer any) {
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		log.Fatal(err)
	}
}
