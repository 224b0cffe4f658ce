package main

import (
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The types of idl/kinds.py, written by hand as a Go programmer would.

type Color int

type Mood string

type UserID int

// UUID has the methods of github.com/google/uuid.
type UUID [16]byte

func (u UUID) MarshalText() ([]byte, error) {
	h := hex.EncodeToString(u[:])
	return []byte(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]), nil
}

func (u *UUID) UnmarshalText(text []byte) error {
	_, err := hex.Decode(u[:], []byte(strings.ReplaceAll(string(text), "-", "")))
	return err
}

func (u UUID) MarshalBinary() ([]byte, error) { return u[:], nil }

func (u *UUID) UnmarshalBinary(data []byte) error {
	copy(u[:], data)
	return nil
}

// Temperature encodes itself.
type Temperature struct {
	Celsius float64
}

func (t Temperature) GobEncode() ([]byte, error) {
	return []byte(strconv.FormatFloat(t.Celsius, 'g', -1, 64) + "C"), nil
}

func (t *Temperature) GobDecode(data []byte) (err error) {
	t.Celsius, err = strconv.ParseFloat(strings.TrimSuffix(string(data), "C"), 64)
	return err
}

type Basic struct {
	Truth   bool
	Whole   int
	Real    float64
	Complex complex128
	Text    string
	Octets  []byte
}

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
	C64     complex64
}

type Cell struct {
	Row, Column int
}

type Containers struct {
	Numbers []int
	Words   []string
	Vector  [3]float64
	Digest  [4]byte
	Ages    map[string]int
	Grid    map[Cell][]string
	Nested  []map[string]Cell
}

type Tree struct {
	Value  int
	Left   *Tree
	Right  *Tree
	Others []Tree
}

type Special struct {
	Color Color
	Mood  Mood
	User  UserID
	At    *time.Time
	Took  time.Duration
	Big   big.Int
	Ident UUID
	Heat  Temperature
	Other string
}

type Holder struct {
	Anything any
	Shape    any
}

type RenamedArgs struct {
	Number int
	Text   *string
}

func init() {
	gob.Register([]any{})
	gob.RegisterName("kinds.Basic", Basic{})
	gob.RegisterName("kinds.Cell", Cell{})
	gob.RegisterName("kinds.Tree", Tree{})
}

// Kinds gives back what it gets, and remembers it.
type Kinds struct {
	mutex sync.Mutex // protects last
	last  any
}

func echo[T any](kinds *Kinds, value T, reply *T) error {
	kinds.mutex.Lock()
	defer kinds.mutex.Unlock()
	kinds.last = value
	*reply = value
	return nil
}

func (k *Kinds) EchoBool(v bool, r *bool) error                          { return echo(k, v, r) }
func (k *Kinds) EchoInt(v int, r *int) error                             { return echo(k, v, r) }
func (k *Kinds) EchoFloat(v float64, r *float64) error                   { return echo(k, v, r) }
func (k *Kinds) EchoComplex(v complex128, r *complex128) error           { return echo(k, v, r) }
func (k *Kinds) EchoStr(v string, r *string) error                       { return echo(k, v, r) }
func (k *Kinds) EchoBytes(v []byte, r *[]byte) error                     { return echo(k, v, r) }
func (k *Kinds) EchoUint8(v uint8, r *uint8) error                       { return echo(k, v, r) }
func (k *Kinds) EchoFloat32(v float32, r *float32) error                 { return echo(k, v, r) }
func (k *Kinds) EchoList(v []int, r *[]int) error                        { return echo(k, v, r) }
func (k *Kinds) EchoTuple(v []string, r *[]string) error                 { return echo(k, v, r) }
func (k *Kinds) EchoArray(v [4]int, r *[4]int) error                     { return echo(k, v, r) }
func (k *Kinds) EchoMap(v map[string][]Cell, r *map[string][]Cell) error { return echo(k, v, r) }
func (k *Kinds) EchoMatrix(v [][]float64, r *[][]float64) error          { return echo(k, v, r) }
func (k *Kinds) EchoColor(v Color, r *Color) error                       { return echo(k, v, r) }
func (k *Kinds) EchoMood(v Mood, r *Mood) error                          { return echo(k, v, r) }
func (k *Kinds) EchoUserID(v UserID, r *UserID) error                    { return echo(k, v, r) }
func (k *Kinds) EchoDatetime(v time.Time, r *time.Time) error            { return echo(k, v, r) }
func (k *Kinds) EchoTimedelta(v time.Duration, r *time.Duration) error   { return echo(k, v, r) }
func (k *Kinds) EchoBig(v big.Int, r *big.Int) error                     { return echo(k, v, r) }
func (k *Kinds) EchoUUID(v UUID, r *UUID) error                          { return echo(k, v, r) }
func (k *Kinds) EchoTemperature(v Temperature, r *Temperature) error     { return echo(k, v, r) }
func (k *Kinds) EchoAny(v any, r *any) error                             { return echo(k, v, r) }
func (k *Kinds) EchoBasic(v Basic, r *Basic) error                       { return echo(k, v, r) }
func (k *Kinds) EchoSized(v Sized, r *Sized) error                       { return echo(k, v, r) }
func (k *Kinds) EchoContainers(v Containers, r *Containers) error        { return echo(k, v, r) }
func (k *Kinds) EchoTree(v Tree, r *Tree) error                          { return echo(k, v, r) }
func (k *Kinds) EchoSpecial(v Special, r *Special) error                 { return echo(k, v, r) }
func (k *Kinds) EchoHolder(v Holder, r *Holder) error                    { return echo(k, v, r) }

func (k *Kinds) Nothing(args struct{}, reply *struct{}) error { return nil }

func (k *Kinds) Renamed(args RenamedArgs, reply *string) error {
	text := "nil"
	if args.Text != nil {
		text = *args.Text
	}
	*reply = fmt.Sprint(args.Number, " ", text)
	return nil
}

// Sample names a value of samples: the zero of the method's type, or the full one.
type Sample struct {
	Method string
	Zero   bool
}

// Compare says how the value that came last differs from a sample: "" if it does not.
func (k *Kinds) Compare(sample Sample, reply *string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	*reply = difference(sample.value().Elem().Interface(), k.last)
	return nil
}

// value returns a pointer to the value.
func (s Sample) value() reflect.Value {
	full := reflect.ValueOf(samples[s.Method])
	pointer := reflect.New(full.Type())
	if s.Method == "Kinds.EchoAny" {
		pointer = reflect.New(reflect.TypeFor[any]())
	}
	if !s.Zero {
		pointer.Elem().Set(full)
	}
	return pointer
}

// difference takes nil and empty slices and maps to be the same, as gob does.
func difference(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	wanted, is := fmt.Sprintf("%T %+v", want, want), fmt.Sprintf("%T %+v", got, got)
	if wanted == is {
		return ""
	}
	return "want " + wanted + ", got " + is
}

var moment = time.Date(2024, time.February, 29, 12, 34, 56, 789012000, time.UTC)

var samples = map[string]any{
	"Kinds.EchoBool":        true,
	"Kinds.EchoInt":         -123456789,
	"Kinds.EchoFloat":       3.25,
	"Kinds.EchoComplex":     1 - 2i,
	"Kinds.EchoStr":         "größer als 世界",
	"Kinds.EchoBytes":       []byte{0, 255, 127},
	"Kinds.EchoUint8":       uint8(255),
	"Kinds.EchoFloat32":     float32(0.5),
	"Kinds.EchoList":        []int{1, -2, 0},
	"Kinds.EchoTuple":       []string{"a", "", "c"},
	"Kinds.EchoArray":       [4]int{1, 0, -3, 4},
	"Kinds.EchoMap":         map[string][]Cell{"a": {{1, 2}, {}}, "b": {}},
	"Kinds.EchoMatrix":      [][]float64{{1, 0}, {0, 0.5}},
	"Kinds.EchoColor":       Color(2),
	"Kinds.EchoMood":        Mood("good"),
	"Kinds.EchoUserID":      UserID(77),
	"Kinds.EchoDatetime":    moment,
	"Kinds.EchoTimedelta":   -1500 * time.Millisecond,
	"Kinds.EchoBig":         *new(big.Int).Lsh(big.NewInt(-1), 100),
	"Kinds.EchoUUID":        UUID{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	"Kinds.EchoTemperature": Temperature{36.6},
	"Kinds.EchoAny":         "text",
	"Kinds.EchoBasic":       Basic{true, 1, 2.5, 3i, "text", []byte("octets")},
	"Kinds.EchoSized": Sized{
		math.MinInt8, math.MinInt16, math.MinInt32, math.MinInt64,
		math.MaxUint, math.MaxUint8, math.MaxUint16, math.MaxUint32, math.MaxUint64,
		math.MaxUint64, math.MaxFloat32, 1.5 - 2.5i,
	},
	"Kinds.EchoContainers": Containers{
		Numbers: []int{0, 1},
		Words:   []string{"a", "b"},
		Vector:  [3]float64{1, 0, 3},
		Digest:  [4]byte{1, 2, 3, 4},
		Ages:    map[string]int{"x": 1, "y": 0},
		Grid:    map[Cell][]string{{1, 2}: {"a"}, {}: {}},
		Nested:  []map[string]Cell{{"a": {1, 0}}, {}},
	},
	"Kinds.EchoTree": Tree{1, &Tree{Value: 2, Right: &Tree{}}, nil, []Tree{{Value: 3}, {}}},
	"Kinds.EchoSpecial": Special{
		1, "good", 7, &moment, 90 * time.Second, *big.NewInt(-5),
		UUID{15: 1}, Temperature{-40}, "renamed",
	},
	"Kinds.EchoHolder": Holder{42, Cell{1, 2}},
}
