// Forks is a peer of the kind that has made net/rpc able to cancel calls, by the conventions
// that such packages document:
//
//   - A call is cancelled by a request _goRPC_.Cancel of its own with CancelArgs{Seq}, which is
//     answered with false, whatever becomes of it.
//
//   - Seq is the number of the call's request; in JSON, whose server counts requests by itself,
//     it is the place of the request on the connection, from 1.
//
//   - A client that cancels a call ends it at once, and drops the answer when it comes.
//
//   - A server takes note of a call in the goroutine that carries it out; so a cancel that
//     comes together with its call may be too early.
//
//     forks serve   serves Arith and Life, prints one line of JSON with the addresses, and
//     goes on until its standard input ends; see server.go
//     forks call    carries out commands, one line of JSON each, from standard input, and
//     answers each with one line of JSON; see client.go
//
// The codecs are those of net/rpc's interfaces; all else is written for these tests.
package main

import (
	"encoding/gob"
	"io"
	"log"
	"net/rpc"
	"os"
)

const cancelMethod = "_goRPC_.Cancel"

// CancelArgs says which call is not wanted any more.
type CancelArgs struct {
	Seq uint64
}

type Args struct {
	A, B int
}

// gobCodec speaks gob, at either end of a connection.
type gobCodec struct {
	dec  *gob.Decoder
	enc  *gob.Encoder
	conn io.Closer
}

func newGobCodec(conn io.ReadWriteCloser) *gobCodec {
	return &gobCodec{gob.NewDecoder(conn), gob.NewEncoder(conn), conn}
}

func (c *gobCodec) ReadRequestHeader(r *rpc.Request) error   { return c.dec.Decode(r) }
func (c *gobCodec) ReadRequestBody(body any) error           { return c.dec.Decode(body) }
func (c *gobCodec) ReadResponseHeader(r *rpc.Response) error { return c.dec.Decode(r) }
func (c *gobCodec) ReadResponseBody(body any) error          { return c.dec.Decode(body) }
func (c *gobCodec) Close() error                             { return c.conn.Close() }

func (c *gobCodec) WriteRequest(r *rpc.Request, body any) error   { return c.write(r, body) }
func (c *gobCodec) WriteResponse(r *rpc.Response, body any) error { return c.write(r, body) }

func (c *gobCodec) write(header, body any) error {
	if err := c.enc.Encode(header); err != nil {
		return err
	}
	return c.enc.Encode(body)
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: forks serve | forks call")
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

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
