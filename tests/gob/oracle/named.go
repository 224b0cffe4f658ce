package main

import (
	"errors"
	"fmt"
	"strings"
)

// The types that reflection cannot build: named, recursive, self-encoding.
type (
	Color      int
	MyInt      int
	MyString   string
	NamedInts  []int
	NamedMap   map[string]int
	NamedArray [2]int

	Point struct{ X, Y int }
	Line  struct {
		From, To Point
		Label    string
	}
	Tree struct {
		Value       int
		Left, Right *Tree
	}
	List struct {
		Item any
		Next *List
	}
	Ping struct {
		Name string
		Pong *Pong
	}
	Pong struct {
		N     int
		Pings []Ping
	}
	Dir struct {
		Size  uint64
		Files map[string]Dir
		Kids  []*Dir
	}
	Empty struct{}

	RecursiveSlice []RecursiveSlice
	RecursiveMap   map[string]RecursiveMap
)

// GobPoint is a GobEncoder, sent as text.
type GobPoint struct{ X, Y int16 }

func (p GobPoint) GobEncode() ([]byte, error) { return fmt.Appendf(nil, "%d,%d", p.X, p.Y), nil }

func (p *GobPoint) GobDecode(data []byte) error {
	_, err := fmt.Sscanf(string(data), "%d,%d", &p.X, &p.Y)
	return err
}

// BinaryPoint is a BinaryMarshaler, sent as two bytes.
type BinaryPoint struct{ X, Y uint8 }

func (p BinaryPoint) MarshalBinary() ([]byte, error) { return []byte{p.X, p.Y}, nil }

func (p *BinaryPoint) UnmarshalBinary(data []byte) error {
	if len(data) != 2 {
		return errors.New("BinaryPoint: want 2 bytes")
	}
	p.X, p.Y = data[0], data[1]
	return nil
}

// Shouted is a TextMarshaler, which gob passes over: a string on the wire.
type Shouted string

func (s Shouted) MarshalText() ([]byte, error) { return []byte(strings.ToUpper(string(s))), nil }

func (s *Shouted) UnmarshalText(data []byte) error {
	*s = Shouted(data)
	return nil
}
