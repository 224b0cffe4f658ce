package enums

import (
	"net/rpc"

	"golden/check"
)

// Color is a color.
type Color int

const (
	// ColorRed is the color of blood.
	ColorRed Color = iota + 1
	ColorGreen
	_
	ColorBlue // and of the sky
)

// ColorLast is of the type by what it is made of.
const ColorLast = ColorBlue + 1

type Flag int32

const (
	Read Flag = 1 << iota
	Write
	Both = Read | Write
	None = Flag(0)
)

type Level int8

const (
	Debug, Trace Level = -iota - 1, -iota - 10
	Info, Note
)

type Mood string

const (
	MoodGood Mood = "good"
	MoodBad       = Mood("b" + "ad")
)

// Port numbers are unsigned, which gob tells from signed ones.
type Port uint16

const (
	PortHTTP Port = 80
	PortDNS  Port = 0x35
)

// Right is a flag of the widest kind.
type Right uint64

const (
	RightRead Right = 1 << iota
	RightWrite
	RightAll  Right = 1<<64 - 1
	RightRoot       = Right(1 << 63)
)

// Grade is a byte.
type Grade byte

const (
	GradeA Grade = iota + 'a'
	GradeB
)

// Plain has no constants.
type Plain int

type All struct {
	Color  Color
	Flag   Flag
	Level  Level
	Mood   Mood
	Port   Port
	Plain  Plain
	Colors []Color
	ByMood map[Mood]Color
	Maybe  *Color
	Right  Right
	Rights map[Right]Port
	Grade  Grade
	Grades []Grade
	Pair   [2]Grade
}

type Service struct{}

func (s *Service) All(args All, reply *All) error       { *reply = args; return nil }
func (s *Service) Color(args Color, reply *Color) error { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	green := ColorGreen
	return check.First(
		check.Echo(client, "Service.All", All{
			ColorBlue, Both, Note, MoodBad, PortDNS, 7, []Color{ColorRed, 77},
			map[Mood]Color{MoodGood: ColorGreen}, &green,
			RightRoot | RightWrite, map[Right]Port{RightAll: PortHTTP}, GradeB,
			[]Grade{GradeA, GradeB}, [2]Grade{GradeA, 200},
		}),
		check.Echo(client, "Service.All", All{Mood: "new", Color: -5, Port: 9}),
		check.Echo(client, "Service.Color", ColorLast),
	)
}
