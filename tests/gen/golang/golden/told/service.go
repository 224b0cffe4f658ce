// Package told does what cannot be read, of which each is a note.
package told

import (
	"encoding/gob"
	"net/rpc"
	"time"

	"example.com/far"

	"golden/check"
)

type Shape interface{ Area() float64 }

type Circle struct{ Radius float64 }

type Meters float64

func (Circle) Area() float64 { return 0 }
func (Meters) Area() float64 { return 0 }

func init() {
	gob.Register(Circle{})
	gob.Register(Meters(0))
	for _, each := range shapes() {
		gob.Register(each)
	}
	gob.RegisterName(check.Name(), Circle{})
}

func shapes() []Shape { return nil }

// When has none of the methods of time.Time.
type When time.Time

type Order struct {
	Shape   Shape
	ByShape map[Shape]int
	Count   int `json:"count,format:dec"`
	When    When
}

type Service struct {
	far.Base
	any any
}

func (Service) Echo(args Order, reply *Order) error    { return nil }
func (Service) Shape(args Shape, reply *Shape) error   { return nil }
func (Service) Map(args map[any]int, reply *int) error { return nil }

func Register(server *rpc.Server) error {
	each(server.Register)
	register := rpc.RegisterName
	if err := register("other", Service{}); err != nil {
		return err
	}
	if err := server.Register(Service{}.any); err != nil {
		return err
	}
	return server.Register(Service{})
}

func each(register func(any) error) { register(Service{}) }
