// Command program is what the suite's streams are shown to: it decodes each Value
// of standard input and encodes it again. With the argument "streams" it prints
// the streams of the suite themselves, as JSON of hexadecimal text.
package main

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"math"
	"os"
	"time"
)

type Value struct {
	Name   string
	Number int
	Ratio  float64
	Flag   bool
	Data   []byte
	List   []string
	Counts map[string]int
	Inner  *Value
}

type point struct{ X, Y int }

func main() {
	log.SetFlags(0)
	if len(os.Args) > 1 && os.Args[1] == "streams" {
		check(json.NewEncoder(os.Stdout).Encode(streams()))
		return
	}
	decoder, encoder := gob.NewDecoder(os.Stdin), gob.NewEncoder(os.Stdout)
	for {
		var value Value
		if err := decoder.Decode(&value); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		check(encoder.Encode(value))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func encoded(values ...any) string {
	var stream bytes.Buffer
	encoder := gob.NewEncoder(&stream)
	for _, value := range values {
		check(encoder.Encode(value))
	}
	return hex.EncodeToString(stream.Bytes())
}

func streams() map[string]string {
	data := make([]byte, 300)
	for i := range data {
		data[i] = byte(i)
	}
	list := make([]string, 300)
	list[299] = "last"
	deep := &Value{Number: 50}
	for i := 49; i > 0; i-- {
		deep = &Value{Number: i, Inner: deep}
	}
	var numbers []any
	for _, number := range []int{1, -1, 63, 64, -64, -65, 127, 128, 1 << 31, -1 << 31,
		math.MaxInt64, math.MinInt64} {
		numbers = append(numbers, Value{Number: number})
	}
	var ratios []any
	for _, ratio := range []float64{1, 0.1, -2.5, 1e300, math.SmallestNonzeroFloat64, math.MaxFloat64,
		math.Inf(1), math.Inf(-1), math.NaN()} {
		ratios = append(ratios, Value{Ratio: ratio})
	}
	return map[string]string{
		"empty": "",
		"full": encoded(Value{"näme", -1 << 40, 0.1, true, data[:256], []string{"", "two"},
			map[string]int{"a": -1}, &Value{Name: "inner", Inner: &Value{Flag: true}}}),
		"zero":    encoded(Value{}, Value{Inner: &Value{}}, Value{}),
		"several": encoded(Value{Name: "one"}, Value{Name: "two"}, Value{Name: "three"}),
		"numbers": encoded(numbers...),
		"ratios":  encoded(ratios...),
		"long":    encoded(Value{Name: string(bytes.Repeat([]byte("x"), 300)), Data: data, List: list}),
		"deep":    encoded(*deep),
		"reordered": encoded(struct {
			Counts map[string]int
			Number int
			Name   string
		}{map[string]int{"a": 1}, 7, "n"}),
		"narrow": encoded(struct {
			Number int8
			Ratio  float32
			Counts map[string]int8
		}{-8, 0.5, map[string]int8{"a": -128}}),
		"further":   encoded(further()),
		"two-types": encoded(Value{Name: "one"}, struct{ Name string }{"two"}, Value{Name: "three"}),
	}
}

// further returns a struct with fields of all kinds that Value lacks, and two that it has.
func further() any {
	type color string
	gob.Register(point{})
	return struct {
		A    bool
		B    uint
		C    complex128
		D    [3]int
		E    map[string]point
		F    *point
		G    []point
		H    any
		I    any
		J    time.Time
		K    [][]byte
		L    color
		M    map[int][]string
		Name string
		N    struct{ P point }
		O    *int
		Flag bool
	}{true, 1 << 40, 1 + 2i, [3]int{1, 2, 3}, map[string]point{"p": {1, 2}}, &point{3, 4},
		[]point{{5, 6}, {7, 8}}, 9, point{10, 11}, time.Unix(1700000000, 5).UTC(),
		[][]byte{{1}, {2, 3}}, "red", map[int][]string{1: {"x"}}, "name",
		struct{ P point }{point{12, 13}}, new(int), true}
}
