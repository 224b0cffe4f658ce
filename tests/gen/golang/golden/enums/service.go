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

// Port numbers are unsigned, and so no enum of Python's on gob.
type Port uint16

const (
	PortHTTP Port = 80
	PortDNS  Port = 0x35
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
		}),
		check.Echo(client, "Service.All", All{Mood: "new", Color: -5, Port: 9}),
		check.Echo(client, "Service.Color", ColorLast),
	)
}
