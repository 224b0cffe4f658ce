package main

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"time"
)

// A type in JSON is the name of a basic or named type, or a list:
//
//	["slice", T]  ["array", 4, T]  ["map", K, V]  ["ptr", T]
//	["struct", [["Name", T], ...]]
var named = map[string]reflect.Type{
	"any":   reflect.TypeFor[any](),
	"bytes": reflect.TypeFor[[]byte](),
}

// What was registered for interfaces, both ways.
var (
	typeByName = map[string]reflect.Type{}
	nameByType = map[reflect.Type]string{}
)

func init() {
	for _, zero := range []any{
		false, int(0), int8(0), int16(0), int32(0), int64(0),
		uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0),
		float32(0), float64(0), complex64(0), complex128(0), "", []byte(nil),
	} {
		t := reflect.TypeOf(zero)
		named[t.String()] = t
		typeByName[t.String()] = t // gob registers them itself
		nameByType[t] = t.String()
	}
	for _, zero := range []any{
		Color(0), MyInt(0), MyString(""), NamedInts(nil), NamedMap(nil), NamedArray{},
		Point{}, Line{}, Tree{}, List{}, Ping{}, Pong{}, Dir{}, Empty{}, RecursiveSlice(nil), RecursiveMap(nil),
		GobPoint{}, BinaryPoint{}, Shouted(""),
		time.Time{}, time.Duration(0), url.URL{}, netip.Addr{}, net.IP(nil),
	} {
		t := reflect.TypeOf(zero)
		named[t.String()] = t
		register(t.String(), t)
	}
	for _, zero := range []any{
		[]any(nil), []bool(nil), []int(nil), []float64(nil), []complex128(nil), []string(nil),
		map[string]any(nil),
	} {
		register(reflect.TypeOf(zero).String(), reflect.TypeOf(zero))
	}
	for _, t := range []reflect.Type{
		reflect.TypeFor[big.Int](), reflect.TypeFor[big.Float](), reflect.TypeFor[big.Rat](),
	} {
		named[t.String()] = t
		register(t.String(), t)
	}
}

// register gives gob a name for values of type t inside interfaces.
func register(name string, t reflect.Type) {
	gob.RegisterName(name, reflect.New(t).Elem().Interface())
	typeByName[name] = t
	nameByType[t] = name
}

var built = map[string]reflect.Type{}

// typeOf returns the type that a description stands for.
func typeOf(description any) reflect.Type {
	key, err := json.Marshal(description)
	if err != nil {
		panic(err)
	}
	t, known := built[string(key)]
	if !known {
		t = build(description)
		built[string(key)] = t
	}
	return t
}

func build(description any) reflect.Type {
	if name, ok := description.(string); ok {
		t, known := named[name]
		if !known {
			panic("oracle: unknown type " + name)
		}
		return t
	}
	parts := description.([]any)
	switch parts[0] {
	case "slice":
		return reflect.SliceOf(typeOf(parts[1]))
	case "array":
		return reflect.ArrayOf(integer(parts[1]), typeOf(parts[2]))
	case "map":
		return reflect.MapOf(typeOf(parts[1]), typeOf(parts[2]))
	case "ptr":
		return reflect.PointerTo(typeOf(parts[1]))
	case "struct":
		var fields []reflect.StructField
		for _, each := range parts[1].([]any) {
			pair := each.([]any)
			fields = append(fields, reflect.StructField{
				Name: pair[0].(string),
				Type: typeOf(pair[1]),
			})
		}
		return reflect.StructOf(fields)
	}
	panic(fmt.Sprint("oracle: unknown kind ", parts[0]))
}

func integer(value any) int {
	n, err := value.(json.Number).Int64()
	if err != nil {
		panic(err)
	}
	return int(n)
}
