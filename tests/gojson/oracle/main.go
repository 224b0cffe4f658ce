// Command oracle answers what Go's encoding/json does with a text.
//
// It reads one JSON request a line, with the name of a type and a text for it,
// unmarshals the text into a value of the type, marshals that again, and answers
// with one line: the new text, or the error. Nil slices and maps are made empty
// before, since Python has no others.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"math/big"
	"net"
	"net/netip"
	"os"
	"reflect"
	"time"
)

type question struct {
	Type string
	Text []byte
}

type answer struct {
	Text  []byte
	Error string
}

type (
	Color int
	Mood  string
	Cell  struct{ Row, Column int }
)

type Sized struct {
	I8      int8
	I16     int16
	I32     int32
	I64     int64
	U       uint
	U8      uint8
	U16     uint16
	U32     uint32
	U64     uint64
	Pointer uintptr
	F32     float32
}

type Containers struct {
	Numbers []int
	Words   []string
	Vector  [3]float64
	Digest  [4]byte
	Ages    map[string]int
	Nested  []map[string]Cell
	Octets  []byte
	Small   []uint8
}

type Tree struct {
	Value       int
	Left, Right *Tree
	Others      []Tree
}

type Special struct {
	Color Color
	Mood  Mood
	At    *time.Time
	Took  time.Duration
	Big   *big.Int
	Ident [16]byte
	Other string
}

type Tagged struct {
	ID      int            `json:"id"`
	Hidden  string         `json:"-"`
	Dash    string         `json:"-,"`
	Count   int            `json:"count,omitempty"`
	Text    string         `json:",omitempty"`
	Flag    bool           `json:"flag,omitempty"`
	List    []int          `json:"list,omitempty"`
	Map     map[string]int `json:"map,omitempty"`
	Pointer *Cell          `json:"pointer,omitempty"`
	Cell    Cell           `json:"cell,omitempty"`
	Zero    Cell           `json:"zero,omitzero"`
	At      time.Time      `json:"at,omitzero"`
	Took    time.Duration  `json:"took,omitempty"`
	Real    float64        `json:"real,omitempty"`
	Color   Color          `json:"color,omitempty"`
	Mood    Mood           `json:"mood,omitempty"`
	Array   [2]int         `json:"array,omitempty"`
	Any     any            `json:"any,omitempty"`
	HTML    string         `json:"<&>"`
}

type Inner struct{ A, X, Deep int }
type Middle struct {
	Inner
	B int
	X string
}
type Other struct {
	B int
	C int `json:"c"`
}
type Embedding struct {
	Z int
	Middle
	*Other
	Named Inner `json:"named"`
	X     bool
}

type CasedInner struct {
	Y int `json:"name"`
	Ä int
}
type Cased struct {
	*CasedInner
	Name  int
	ID    int
	Große int `json:"große"`
}

type Library struct {
	Time     time.Time
	Duration time.Duration
	Int      *big.Int
	Rat      *big.Rat
	Float    *big.Float
	IP       net.IP
	Mask     net.IPMask
	Hardware net.HardwareAddr
	Addr     netip.Addr
	AddrPort netip.AddrPort
	Prefix   netip.Prefix
}

var types = map[string]reflect.Type{}

func add[T any](name string) { types[name] = reflect.TypeFor[T]() }

func init() {
	add[bool]("bool")
	add[int]("int")
	add[int8]("int8")
	add[uint]("uint")
	add[uint8]("uint8")
	add[uint64]("uint64")
	add[float64]("float64")
	add[float32]("float32")
	add[complex128]("complex128")
	add[string]("string")
	add[[]byte]("[]byte")
	add[[3]byte]("[3]byte")
	add[[]int]("[]int")
	add[[][]string]("[][]string")
	add[[2]float64]("[2]float64")
	add[map[string]int]("map[string]int")
	add[map[int]string]("map[int]string")
	add[map[uint8]string]("map[uint8]string")
	add[map[Color]int]("map[Color]int")
	add[map[Mood]int]("map[Mood]int")
	add[map[bool]int]("map[bool]int")
	add[map[Cell]int]("map[Cell]int")
	add[map[float64]int]("map[float64]int")
	add[map[netip.Addr]int]("map[netip.Addr]int")
	add[map[string]map[string]Cell]("map[string]map[string]Cell")
	add[*int]("*int")
	add[[]*int]("[]*int")
	add[time.Time]("time.Time")
	add[time.Duration]("time.Duration")
	add[big.Int]("big.Int")
	add[big.Rat]("big.Rat")
	add[big.Float]("big.Float")
	add[Color]("Color")
	add[Mood]("Mood")
	add[any]("any")
	add[map[string]any]("map[string]any")
	add[Cell]("Cell")
	add[Sized]("Sized")
	add[Containers]("Containers")
	add[Tree]("Tree")
	add[Special]("Special")
	add[Tagged]("Tagged")
	add[Embedding]("Embedding")
	add[Library]("Library")
	add[Cased]("Cased")
	add[[1]any]("[1]any")
	add[json.RawMessage]("raw")
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return // the other side has gone
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			log.Fatal(err)
		}
		if err := answers.Encode(ask(asked)); err != nil {
			log.Fatal(err)
		}
	}
}

func ask(asked question) answer {
	if types[asked.Type] == nil {
		log.Fatalf("no such type: %s", asked.Type)
	}
	pointer := reflect.New(types[asked.Type])
	if err := json.Unmarshal(asked.Text, pointer.Interface()); err != nil {
		return answer{Error: err.Error()}
	}
	fill(pointer.Elem())
	text, err := json.Marshal(pointer.Interface())
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Text: text}
}

// fill makes nil slices and maps empty.
func fill(value reflect.Value) {
	switch value.Kind() {
	case reflect.Slice:
		if value.IsNil() && value.CanSet() {
			value.Set(reflect.MakeSlice(value.Type(), 0, 0))
		}
		for i := range value.Len() {
			fill(value.Index(i))
		}
	case reflect.Array:
		for i := range value.Len() {
			fill(value.Index(i))
		}
	case reflect.Map:
		if value.IsNil() && value.CanSet() {
			value.Set(reflect.MakeMap(value.Type()))
		}
		for _, key := range value.MapKeys() {
			if !value.MapIndex(key).IsValid() {
				continue // NaN, which nothing finds
			}
			element := reflect.New(value.Type().Elem()).Elem()
			element.Set(value.MapIndex(key))
			fill(element)
			value.SetMapIndex(key, element)
		}
	case reflect.Pointer:
		if !value.IsNil() {
			fill(value.Elem())
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fill(value.Field(i))
			}
		}
	}
}
