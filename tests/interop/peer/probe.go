package main

import (
	"errors"
	"sync"
)

// Arrival is a number of calls that wait at a gate.
type Arrival struct {
	Gate  string
	Count int
}

// Order has more fields than the Python side's message, and lacks one of its.
type Order struct {
	Tags    []string
	Origin  *Place
	Prices  map[string]float64
	Comment string
	Number  int
}

type Place struct {
	X, Y int
}

// Probe has the methods that make calls wait, fail and misbehave.
type Probe struct {
	mutex   sync.Mutex // protects the maps
	changed *sync.Cond
	waiting map[string]int
	open    map[string]bool
}

func NewProbe() *Probe {
	probe := &Probe{waiting: map[string]int{}, open: map[string]bool{}}
	probe.changed = sync.NewCond(&probe.mutex)
	return probe
}

// Wait returns once Release has opened the gate.
func (p *Probe) Wait(gate string, reply *string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.waiting[gate]++
	p.changed.Broadcast()
	for !p.open[gate] {
		p.changed.Wait()
	}
	p.waiting[gate]--
	*reply = gate
	return nil
}

// Arrived returns once so many calls wait at the gate at the same time.
func (p *Probe) Arrived(arrival Arrival, reply *int) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for p.waiting[arrival.Gate] < arrival.Count {
		p.changed.Wait()
	}
	*reply = p.waiting[arrival.Gate]
	return nil
}

// Release lets the calls at the gate go, and those that come later.
func (p *Probe) Release(gate string, reply *bool) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.open[gate] = true
	p.changed.Broadcast()
	*reply = true
	return nil
}

// Echo returns what it was given.
func (p *Probe) Echo(data []byte, reply *[]byte) error {
	*reply = data
	return nil
}

// Fail returns an error with this text.
func (p *Probe) Fail(text string, reply *int) error {
	return errors.New(text)
}

// Reorder returns the order with every field of it set.
func (p *Probe) Reorder(order Order, reply *Order) error {
	*reply = Order{
		Tags:    []string{"first", "second"},
		Origin:  &Place{X: 1, Y: 2},
		Prices:  map[string]float64{"apple": 1.5},
		Comment: order.Comment + "!",
		Number:  order.Number + 1,
	}
	return nil
}

// Unencodable replies with what gob refuses, whereupon net/rpc ends the connection.
func (p *Probe) Unencodable(number int, reply *any) error {
	*reply = make(chan int)
	return nil
}
