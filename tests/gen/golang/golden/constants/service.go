// Package constants has constants of every form.
package constants

import (
	"net/rpc"

	"golden/check"
)

// Op takes its values from where it stands.
type Op int16

const (
	OpA Op = iota * 10
	_
	OpC
	hidden
	count, OpE    = iota + 100, Op(iota)
	OpF        Op = OpA - 5
	OpG           = ^Op(3)
	OpH           = OpC | 1
)

const (
	big   = 1 << 70
	small = big >> 68
)

type Size uint64

const (
	_       = iota
	KB Size = 1 << (10 * iota)
	MB
)

type Letter rune

const (
	LetterA Letter = 'a' + iota
	LetterB
	LetterNewline Letter = '\n'
	LetterE       Letter = '\u00e9'
)

type Text string

const (
	TextJoined      = Text("x" + "y")
	TextRaw    Text = `raw\n`
	TextEscape Text = "tab\t\"quoted\" \x41\u00e9"
)

type Ratio float32

const RatioHalf Ratio = 0.5

type Switch bool

const SwitchOn Switch = true

type Length int

const (
	LengthWord   Length = Length(len("hello"))
	LengthMany          = LengthWord * small
	LengthHalf   Length = 7 / 2
	LengthRest   Length = -7 % 3
	LengthFloat  Length = 1e3
	LengthBits   Length = 0b1010_1010
	LengthOctal  Length = 0o17
	LengthHex    Length = 0x_FF
	LengthLetter Length = 'x'
	LengthClear  Length = 5 &^ 1
)

func inner() Length {
	const LengthInner Length = 99
	return LengthInner
}

type All struct {
	Op     Op
	Size   Size
	Letter Letter
	Text   Text
	Ratio  Ratio
	Switch Switch
	Length Length
	Ops    [small + 1]Op
	Bytes  [len("abc")]byte
}

type Service struct{}

func (Service) Echo(args All, reply *All) error { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(Service{}) }

func Call(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Echo", All{
			OpG, MB, LetterE, TextEscape, RatioHalf, SwitchOn, LengthRest,
			[5]Op{OpA, OpC, OpE, OpF, hidden}, [3]byte{1, 2, 3},
		}),
		check.Echo(client, "Service.Echo", All{Length: inner(), Op: count}),
	)
}
