package main

import (
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"path/filepath"
)

// Addresses is where a server can be reached, by what it speaks there.
type Addresses struct {
	TCP  string `json:"tcp"`  // gob
	Unix string `json:"unix"` // gob
	HTTP string `json:"http"` // gob behind HTTP CONNECT
	JSON string `json:"json"` // JSON-RPC
}

func serve() {
	for _, service := range []any{new(Arith), NewProbe(), new(Kinds), NewKVStore(), new(Shapes)} {
		if err := rpc.Register(service); err != nil {
			log.Fatal(err)
		}
	}
	folder, err := os.MkdirTemp("", "rpcgen-peer-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	var addresses Addresses
	gob := listen("tcp", "127.0.0.1:0", &addresses.TCP)
	unix := listen("unix", filepath.Join(folder, "peer.sock"), &addresses.Unix)
	web := listen("tcp", "127.0.0.1:0", &addresses.HTTP)
	text := listen("tcp", "127.0.0.1:0", &addresses.JSON)
	rpc.HandleHTTP()
	go rpc.Accept(gob)
	go rpc.Accept(unix)
	go http.Serve(web, nil)
	go acceptJSON(text)

	if err := json.NewEncoder(os.Stdout).Encode(addresses); err != nil {
		log.Fatal(err)
	}
	io.Copy(io.Discard, os.Stdin)
}

func listen(network, address string, bound *string) net.Listener {
	listener, err := net.Listen(network, address)
	if err != nil {
		log.Fatal(err)
	}
	*bound = listener.Addr().String()
	return listener
}

func acceptJSON(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go jsonrpc.ServeConn(conn)
	}
}
