// Command oracle answers what Go's encoding/gob does with a value or a stream.
//
// It reads one JSON request a line and answers with one JSON line. Types are
// described in JSON and built by reflection; see types.go. Values are
// described in JSON too; see values.go.
package main

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
)

type request struct {
	Op    string `json:"op"`
	Name  string `json:"name"`
	Type  any    `json:"type"`
	Types []any  `json:"types"`
	Items []item `json:"items"`
	Data  string `json:"data"`
}

// item is one value to encode and its type.
type item struct {
	Type  any `json:"type"`
	Value any `json:"value"`
}

// response is what came before the error, and the error, if any.
type response struct {
	Values []any    `json:"values"`
	Data   []string `json:"data"`
	Error  string   `json:"error"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return // the other side has gone
		}
		text, err := json.Marshal(answer(line))
		if err != nil {
			text, _ = json.Marshal(response{Error: err.Error()})
		}
		out.Write(append(text, '\n'))
		out.Flush()
	}
}

func answer(line []byte) (r response) {
	defer func() {
		if p := recover(); p != nil {
			r.Error = fmt.Sprint("panic: ", p)
		}
	}()
	var q request
	reader := json.NewDecoder(bytes.NewReader(line))
	reader.UseNumber() // 64-bit integers whole
	if err := reader.Decode(&q); err != nil {
		return response{Error: "oracle: " + err.Error()}
	}
	switch q.Op {
	case "register":
		register(q.Name, typeOf(q.Type))
		return response{}
	case "encode":
		return encode(q.Items)
	case "decode":
		return decode(q.Types, q.Data)
	}
	return response{Error: "oracle: unknown op " + q.Op}
}

// encode answers with the bytes that each value adds to one stream.
func encode(items []item) (r response) {
	var buffer bytes.Buffer
	encoder := gob.NewEncoder(&buffer)
	for _, each := range items {
		pointer := reflect.New(typeOf(each.Type))
		fill(pointer.Elem(), each.Value)
		err := encoder.EncodeValue(pointer.Elem())
		r.Data = append(r.Data, hex.EncodeToString(buffer.Bytes()))
		buffer.Reset()
		if err != nil {
			r.Error = err.Error()
			return r
		}
	}
	return r
}

// decode reads one value of each type from one stream; null discards one.
func decode(types []any, data string) (r response) {
	defer func() {
		if p := recover(); p != nil {
			r.Error = fmt.Sprint("panic: ", p)
		}
	}()
	stream, err := hex.DecodeString(data)
	if err != nil {
		return response{Error: "oracle: " + err.Error()}
	}
	reader := bytes.NewReader(stream)
	decoder := gob.NewDecoder(reader)
	for _, each := range types {
		var pointer reflect.Value
		if each != nil {
			pointer = reflect.New(typeOf(each))
		}
		if err := decoder.DecodeValue(pointer); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			r.Error = err.Error()
			return r
		}
		if each == nil {
			r.Values = append(r.Values, nil)
		} else {
			r.Values = append(r.Values, dump(pointer.Elem()))
		}
	}
	if reader.Len() > 0 {
		r.Error = fmt.Sprintf("%d bytes are left", reader.Len())
	}
	return r
}
