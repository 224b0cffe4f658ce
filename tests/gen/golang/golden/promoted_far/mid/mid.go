// Package mid embeds a type of another package.
package mid

import "golden/promoted_far/mid/deep"

const Version = "v" + minor
const minor = "2"

type Args = deep.Args

type Mid struct{ *deep.Deep }

func New() *Mid { return &Mid{&deep.Deep{}} }

func (m *Mid) Middle(args Args, reply *deep.Args) error {
	*reply = Args{X: args.Y, Y: args.X}
	return nil
}
