// Package deep is where the methods are.
package deep

type Args struct{ X, Y int }

type inner struct{}

type Deep struct{ inner }

func (d *Deep) Deepest(args Args, reply *[]Args) error { *reply = []Args{args}; return nil }
func (inner) Inner(args Args, reply *[]*Args) error    { *reply = []*Args{&args}; return nil }
