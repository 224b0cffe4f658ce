// Headers of net/rpc with more fields, as a Go program would declare them.
//
// It reads a gob stream of headers, each with an int behind it, and prints a line of JSON for
// each: the header as Go reads it, and the bytes of the same header and int as Go writes them.
// A header that has nothing beyond net/rpc's is written as the type of net/rpc itself.
package main

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/rpc"
	"os"
	"reflect"
)

type Request struct {
	ServiceMethod string
	Seq           uint64
	Timeout       int64
	Metadata      map[string]string
	Key           string
	Stream        uint64
	More          bool
	Credit        uint64
	Features      uint64
}

type Response struct {
	ServiceMethod string
	Seq           uint64
	Error         string
	Code          uint64
	Raised        string
	Unstarted     bool
	Metadata      map[string]string
	Stream        uint64
	More          bool
	Credit        uint64
	Features      uint64
	Last          uint64
}

type Line struct {
	Header any
	Body   int
	Bytes  string
}

// plain returns net/rpc's own header, if the given one has nothing beyond it.
func plain(header any) any {
	switch h := header.(type) {
	case *Request:
		if reflect.DeepEqual(*h, Request{ServiceMethod: h.ServiceMethod, Seq: h.Seq}) {
			return &rpc.Request{ServiceMethod: h.ServiceMethod, Seq: h.Seq}
		}
	case *Response:
		if reflect.DeepEqual(*h, Response{ServiceMethod: h.ServiceMethod, Seq: h.Seq, Error: h.Error}) {
			return &rpc.Response{ServiceMethod: h.ServiceMethod, Seq: h.Seq, Error: h.Error}
		}
	}
	return header
}

func main() {
	var written bytes.Buffer
	decoder, encoder := gob.NewDecoder(os.Stdin), gob.NewEncoder(&written)
	lines := json.NewEncoder(os.Stdout)
	for {
		var header any = &Request{}
		if os.Args[1] == "responses" {
			header = &Response{}
		}
		err := decoder.Decode(header)
		if errors.Is(err, io.EOF) {
			return
		}
		check(err)
		var body int
		check(decoder.Decode(&body))
		check(encoder.Encode(plain(header)))
		check(encoder.Encode(body))
		check(lines.Encode(Line{header, body, hex.EncodeToString(written.Bytes())}))
		written.Reset()
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
