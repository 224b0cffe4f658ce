package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// A value in JSON, by kind: true; 17; floats as 16 digits of their bits, and
// complex numbers as two of those; strings and byte slices in hex; slices and
// arrays as lists; maps as sorted lists of pairs; structs as objects; pointers
// as what they point to, or null; interfaces as [name, value], or null. A nil
// slice or map is an empty one. Types of the library: see special.

// dump describes a value in JSON.
func dump(v reflect.Value) any {
	if described, ok := dumpSpecial(v); ok {
		return described
	}
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return v.Uint()
	case reflect.Float32, reflect.Float64:
		return bits(v.Float())
	case reflect.Complex64, reflect.Complex128:
		return []any{bits(real(v.Complex())), bits(imag(v.Complex()))}
	case reflect.String:
		return hex.EncodeToString([]byte(v.String()))
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return hex.EncodeToString(v.Bytes())
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = dump(v.Index(i))
		}
		return list
	case reflect.Map:
		return dumpMap(v)
	case reflect.Struct:
		object := map[string]any{}
		for i := range v.NumField() {
			object[v.Type().Field(i).Name] = dump(v.Field(i))
		}
		return object
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return dump(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return []any{nameByType[v.Elem().Type()], dump(v.Elem())}
	}
	panic("oracle: cannot describe " + v.Type().String())
}

func dumpMap(v reflect.Value) any {
	pairs := make([][2]any, 0, v.Len())
	for iterator := v.MapRange(); iterator.Next(); {
		pairs = append(pairs, [2]any{dump(iterator.Key()), dump(iterator.Value())})
	}
	slices.SortFunc(pairs, func(a, b [2]any) int {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		return slices.Compare(x, y)
	})
	return pairs
}

func dumpSpecial(v reflect.Value) (any, bool) {
	if !v.CanAddr() { // map elements and the contents of interfaces
		copied := reflect.New(v.Type()).Elem()
		copied.Set(v)
		v = copied
	}
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		_, offset := p.Zone()
		return []any{p.Unix(), p.Nanosecond(), offset}, true
	case *big.Int:
		return json.Number(p.String()), true
	case *big.Rat:
		return p.String(), true
	case *big.Float:
		return []any{p.Prec(), int(p.Mode()), dumpFloat(p)}, true
	case *url.URL:
		return p.String(), true
	case *netip.Addr:
		if !p.IsValid() {
			return "", true
		}
		return p.String(), true
	}
	return nil, false
}

// dumpFloat describes a number as a fraction, or else as "-0", "+Inf" and the like.
func dumpFloat(f *big.Float) string {
	if f.IsInf() || f.Sign() == 0 {
		return f.String()
	}
	exact, _ := f.Rat(nil)
	return exact.String()
}

// fill sets a zero value to what the JSON describes.
func fill(v reflect.Value, described any) {
	if described == nil {
		return
	}
	if fillSpecial(v, described) {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(described.(bool))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(must(strconv.ParseInt(described.(json.Number).String(), 10, v.Type().Bits())))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint(must(strconv.ParseUint(described.(json.Number).String(), 10, v.Type().Bits())))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float(described))
	case reflect.Complex64, reflect.Complex128:
		pair := described.([]any)
		v.SetComplex(complex(float(pair[0]), float(pair[1])))
	case reflect.String:
		v.SetString(string(octets(described)))
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes(octets(described))
			return
		}
		list := described.([]any)
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		fillElements(v, list)
	case reflect.Array:
		fillElements(v, described.([]any))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, each := range described.([]any) {
			pair := each.([]any)
			key := reflect.New(v.Type().Key()).Elem()
			value := reflect.New(v.Type().Elem()).Elem()
			fill(key, pair[0])
			fill(value, pair[1])
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for name, field := range described.(map[string]any) {
			fill(v.FieldByName(name), field)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), described)
	case reflect.Interface:
		pair := described.([]any)
		concrete := reflect.New(typeByName[pair[0].(string)]).Elem()
		fill(concrete, pair[1])
		v.Set(concrete)
	default:
		panic("oracle: cannot fill " + v.Type().String())
	}
}

func fillElements(v reflect.Value, list []any) {
	if len(list) != v.Len() {
		panic(fmt.Sprintf("oracle: %d elements for %s", len(list), v.Type()))
	}
	for i, each := range list {
		fill(v.Index(i), each)
	}
}

func fillSpecial(v reflect.Value, described any) bool {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		parts := described.([]any)
		seconds := must(parts[0].(json.Number).Int64())
		zone := time.UTC
		if parts[2] != nil && integer(parts[2]) != 0 {
			zone = time.FixedZone("", integer(parts[2]))
		}
		*p = time.Unix(seconds, int64(integer(parts[1]))).In(zone)
	case *big.Int:
		if _, ok := p.SetString(described.(json.Number).String(), 10); !ok {
			panic("oracle: bad big.Int")
		}
	case *big.Rat:
		if _, ok := p.SetString(described.(string)); !ok {
			panic("oracle: bad big.Rat")
		}
	case *big.Float:
		parts := described.([]any)
		p.SetPrec(uint(integer(parts[0]))).SetMode(big.RoundingMode(integer(parts[1])))
		text := parts[2].(string)
		if exact, ok := new(big.Rat).SetString(text); ok && exact.Sign() != 0 {
			p.SetRat(exact)
		} else if _, ok := p.SetString(text); !ok {
			panic("oracle: bad big.Float")
		}
	case *url.URL:
		*p = *must(url.Parse(described.(string)))
	case *netip.Addr:
		if described != "" {
			*p = must(netip.ParseAddr(described.(string)))
		}
	default:
		return false
	}
	return true
}

func bits(f float64) string { return fmt.Sprintf("%016x", math.Float64bits(f)) }

func float(described any) float64 {
	return math.Float64frombits(must(strconv.ParseUint(described.(string), 16, 64)))
}

func octets(described any) []byte { return must(hex.DecodeString(described.(string))) }

func must[T any](value T, err error) T {
	if err != nil {
		panic("oracle: " + err.Error())
	}
	return value
}
