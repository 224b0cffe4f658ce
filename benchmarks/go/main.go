// Command go times Go's own encoding/gob, a batch at a time.
//
// It reads lines "name count" and answers with the nanoseconds of the processor
// that count operations took, those of the garbage collector with them. The types and values are those of benchmarks/messages.py.
package main

import (
	"bufio"
	"bytes"
	"encoding/gob"
	"fmt"
	"os"
	"syscall"
	"time"
)

type Request struct {
	ServiceMethod string
	Seq           uint64
}

type Args struct{ A, B int }

type Item struct {
	Name     string
	Quantity int
	Price    float64
	InStock  bool
}

type Order struct {
	ID       int
	Customer string
	Total    float64
	Paid     bool
	Count    uint
	Note     string
	Data     []byte
	Discount float64
	Created  int64
	Priority int8
	Items    []Item
	Rates    map[string]float64
}

func order() *Order {
	o := &Order{
		ID: 123456, Customer: "Ada Lovelace", Total: 1234.5, Paid: true, Count: 100,
		Note: "leave at the door", Data: []byte("0123456789abcdef"), Discount: 0.1,
		Created: 1700000000, Priority: 3, Rates: map[string]float64{},
	}
	for i := range 100 {
		o.Items = append(o.Items, Item{fmt.Sprintf("item %d", i), i + 1, float64(i) + 0.99, i%2 == 0})
	}
	for i := range 20 {
		o.Rates[fmt.Sprintf("rate%02d", i)] = float64(i) + 0.1
	}
	return o
}

const (
	numbers = 100_000
	items   = 10_000
	rates   = 10_000
)

// What the benchmarks "ints", "structs" and "map" are about.
func ints() *[]int {
	made := make([]int, numbers)
	for i := range made {
		made[i] = 1<<24 + i
	}
	return &made
}

func structs() *[]Item {
	made := make([]Item, items)
	for i := range made {
		made[i] = Item{fmt.Sprintf("item %d", i), i + 1, float64(i) + 0.99, i%2 == 0}
	}
	return &made
}

func rateMap() *map[string]float64 {
	made := make(map[string]float64, rates)
	for i := range rates {
		made[fmt.Sprintf("rate%08d", i)] = float64(i) + 0.1
	}
	return &made
}

// processorTime returns what all threads of this process have taken.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// A pair of encoder and decoder on one stream, whose types have been sent.
type stream struct {
	buffer  *bytes.Buffer
	encoder *gob.Encoder
}

func newStream(values ...any) *stream {
	buffer := new(bytes.Buffer)
	s := &stream{buffer, gob.NewEncoder(buffer)}
	s.encode(values)
	return s
}

func (s *stream) encode(values []any) {
	for _, each := range values {
		if err := s.encoder.Encode(each); err != nil {
			panic(err)
		}
	}
}

func timeEncode(count int, values ...any) time.Duration {
	s := newStream(values...)
	start := processorTime()
	for range count {
		s.buffer.Reset()
		s.encode(values)
	}
	return processorTime() - start
}

func timeDecode(count int, values []any, into func() []any) time.Duration {
	s := newStream(values...)
	for range count {
		s.encode(values)
	}
	decoder := gob.NewDecoder(s.buffer)
	decode := func() {
		for _, each := range into() {
			if err := decoder.Decode(each); err != nil {
				panic(err)
			}
		}
	}
	decode() // the definitions
	start := processorTime()
	for range count {
		decode()
	}
	return processorTime() - start
}

func main() {
	call := []any{&Request{"Arith.Multiply", 7}, &Args{7, 8}}
	wholeOrder := []any{order()}
	allInts, allStructs, allRates := []any{ints()}, []any{structs()}, []any{rateMap()}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name string
		var count int
		if _, err := fmt.Sscan(lines.Text(), &name, &count); err != nil {
			panic(err)
		}
		var took time.Duration
		switch name {
		case "call-encode":
			took = timeEncode(count, call...)
		case "call-decode":
			took = timeDecode(count, call, func() []any { return []any{new(Request), new(Args)} })
		case "order-encode":
			took = timeEncode(count, wholeOrder...)
		case "order-decode":
			took = timeDecode(count, wholeOrder, func() []any { return []any{new(Order)} })
		case "ints-encode":
			took = timeEncode(count, allInts...)
		case "ints-decode":
			took = timeDecode(count, allInts, func() []any { return []any{new([]int)} })
		case "structs-encode":
			took = timeEncode(count, allStructs...)
		case "structs-decode":
			took = timeDecode(count, allStructs, func() []any { return []any{new([]Item)} })
		case "map-encode":
			took = timeEncode(count, allRates...)
		case "map-decode":
			took = timeDecode(count, allRates, func() []any { return []any{new(map[string]float64)} })
		default:
			panic("unknown benchmark " + name)
		}
		fmt.Println(took.Nanoseconds())
	}
}
