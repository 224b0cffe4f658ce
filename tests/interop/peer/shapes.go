package main

import (
	"encoding/gob"
	"fmt"
	"math"
	"sync/atomic"
)

// The types of idl/shapes.py and idl/common.py; a shape is any of the three.

type Point struct {
	X, Y float64
}

type Circle struct {
	Center Point
	Radius float64
}

type Rectangle struct {
	Low, High Point
}

type Group struct {
	Name    string
	Members []any
}

type MoveArgs struct {
	Shape any
	By    Point
	Times int
}

func init() {
	gob.RegisterName("shapes.Circle", Circle{})
	gob.RegisterName("shapes.Rect", Rectangle{})
	gob.RegisterName("shapes.Group", Group{})
}

// Shapes is plane geometry; seen counts the calls of Area.
type Shapes struct {
	seen atomic.Int64
}

func (s *Shapes) Area(shape any, reply *float64) (err error) {
	s.seen.Add(1)
	*reply, err = area(shape)
	return err
}

func area(shape any) (sum float64, err error) {
	switch shape := shape.(type) {
	case Circle:
		return math.Pi * shape.Radius * shape.Radius, nil
	case Rectangle:
		return (shape.High.X - shape.Low.X) * (shape.High.Y - shape.Low.Y), nil
	case Group:
		for _, member := range shape.Members {
			part, err := area(member)
			if err != nil {
				return 0, err
			}
			sum += part
		}
		return sum, nil
	}
	return 0, fmt.Errorf("no shape: %T", shape)
}

func (s *Shapes) Move(args MoveArgs, reply *any) error {
	by := Point{args.By.X * float64(args.Times), args.By.Y * float64(args.Times)}
	switch shape := args.Shape.(type) {
	case Circle:
		*reply = Circle{add(shape.Center, by), shape.Radius}
	case Rectangle:
		*reply = Rectangle{add(shape.Low, by), add(shape.High, by)}
	default:
		return fmt.Errorf("no shape: %T", shape)
	}
	return nil
}

func add(a, b Point) Point {
	return Point{a.X + b.X, a.Y + b.Y}
}

func (s *Shapes) Bounds(points []Point, reply *Rectangle) error {
	if len(points) == 0 {
		return fmt.Errorf("no points")
	}
	*reply = Rectangle{points[0], points[0]}
	for _, point := range points {
		reply.Low.X, reply.Low.Y = min(reply.Low.X, point.X), min(reply.Low.Y, point.Y)
		reply.High.X, reply.High.Y = max(reply.High.X, point.X), max(reply.High.Y, point.Y)
	}
	return nil
}

func (s *Shapes) Count(args struct{}, reply *int) error {
	*reply = int(s.seen.Load())
	return nil
}

func (s *Shapes) Describe(anything any, reply *string) error {
	*reply = fmt.Sprintf("%T %+v", anything, anything)
	return nil
}
