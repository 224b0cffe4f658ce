package main

import (
	"fmt"
	"math"
)

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

// Arith is the service of benchmarks/idl/bench.py.
type Arith struct{}

func (*Arith) Multiply(args *Args, reply *int) error {
	*reply = args.A * args.B
	return nil
}

// Order reads every field and builds a new order of them.
func (*Arith) Order(old *Order, reply *Order) error {
	*reply = Order{
		ID: old.ID, Customer: old.Customer, Total: old.Total, Paid: old.Paid, Count: old.Count,
		Note: old.Note, Data: old.Data, Discount: old.Discount, Created: old.Created,
		Priority: old.Priority,
		Items:    make([]Item, 0, len(old.Items)), Rates: make(map[string]float64, len(old.Rates)),
	}
	for _, each := range old.Items {
		item := Item{each.Name, each.Quantity, each.Price, each.InStock}
		reply.Items = append(reply.Items, item)
	}
	for name, rate := range old.Rates {
		reply.Rates[name] = rate
	}
	return nil
}

func (*Arith) Blob(data []byte, reply *[]byte) error {
	*reply = data
	return nil
}

func (*Arith) Numbers(numbers []int, reply *[]int) error {
	*reply = numbers
	return nil
}

// The plain values of benchmarks/values.py.
var (
	names []string
	rates = map[string]float64{}
	blob  = make([]byte, 1<<20)

	expected float64 // what reading the order comes to
)

func init() {
	for i := range 100 {
		names = append(names, fmt.Sprintf("item %d", i))
	}
	for i := range 20 {
		rates[fmt.Sprintf("rate%02d", i)] = float64(i) + 0.1
	}
	for i := range blob {
		blob[i] = byte(i)
	}
	expected = read(build())
}

func build() *Order {
	made := &Order{
		ID: 123456, Customer: "Ada Lovelace", Total: 1234.5, Paid: true, Count: 100,
		Note: "leave at the door", Data: []byte("0123456789abcdef"), Discount: 0.1,
		Created: 1700000000, Priority: 3,
		Items: make([]Item, 0, len(names)), Rates: make(map[string]float64, len(rates)),
	}
	for i, name := range names {
		made.Items = append(made.Items, Item{name, i + 1, float64(i) + 0.99, i%2 == 0})
	}
	for name, rate := range rates {
		made.Rates[name] = rate
	}
	return made
}

func number(truth bool) float64 {
	if truth {
		return 1
	}
	return 0
}

// read returns the sum of all numbers and lengths.
func read(order *Order) float64 {
	total := float64(order.ID) + order.Total + number(order.Paid) + float64(order.Count)
	total += order.Discount + float64(order.Created) + float64(order.Priority)
	total += float64(len(order.Customer) + len(order.Note) + len(order.Data))
	for _, item := range order.Items {
		total += float64(len(item.Name)+item.Quantity) + item.Price + number(item.InStock)
	}
	for name, rate := range order.Rates {
		total += float64(len(name)) + rate
	}
	return total
}

func right(order *Order) bool {
	return math.Abs(read(order)-expected) < 0.001
}
