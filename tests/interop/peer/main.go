// Peer is the stock Go at the other end of the interop tests.
//
//	peer serve    serves every service of this folder with net/rpc: prints one line of
//	              JSON with the addresses, and goes on until its standard input ends
//	peer call     carries out commands, one line of JSON each, from standard input,
//	              and answers each with one line of JSON; see client.go
//
// Standard library only, and nothing of net/rpc is changed or wrapped.
package main

import (
	"log"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: peer serve | peer call")
	}
	switch os.Args[1] {
	case "serve":
		serve()
	case "call":
		call()
	default:
		log.Fatalf("no such mode: %s", os.Args[1])
	}
}
