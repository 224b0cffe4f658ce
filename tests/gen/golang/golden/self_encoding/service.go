package self_encoding

import (
	"errors"
	"fmt"
	"net/rpc"
	"time"

	"golden/check"
)

// Temperature encodes itself on gob.
type Temperature struct{ celsius float64 }

func (t Temperature) GobEncode() ([]byte, error) {
	return []byte(fmt.Sprintf("%gC", t.celsius)), nil
}

func (t *Temperature) GobDecode(data []byte) error {
	_, err := fmt.Sscanf(string(data), "%gC", &t.celsius)
	return err
}

// Version encodes itself wherever bytes are wanted.
type Version struct{ major, minor byte }

func (v Version) MarshalBinary() ([]byte, error) { return []byte{v.major, v.minor}, nil }

func (v *Version) UnmarshalBinary(data []byte) error {
	if len(data) != 2 {
		return errors.New("not a version")
	}
	v.major, v.minor = data[0], data[1]
	return nil
}

// State has a form of its own in JSON alone.
type State int

const (
	Off State = iota
	On
)

func (s State) MarshalText() ([]byte, error)  { return []byte{"01"[s]}, nil }
func (s *State) UnmarshalText(b []byte) error { *s = State(b[0] - '0'); return nil }

// Money as well.
type Money struct{ Cents int }

func (m Money) MarshalJSON() ([]byte, error) { return []byte(`"1.00"`), nil }

// Stamped encodes itself by what it embeds, so that its note does not travel.
type Stamped struct {
	time.Time
	Note string
}

type All struct {
	Stamped     Stamped
	Temperature Temperature
	Maybe       *Temperature
	Version     Version
	ByVersion   map[Version]int
	State       State
	Money       Money
}

type Service struct{}

func (s *Service) Echo(args All, reply *All) error { *reply = args; return nil }
func (s *Service) Heat(args Temperature, reply *Temperature) error {
	reply.celsius = args.celsius + 1
	return nil
}

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error { return nil }

// CallGob calls what has a form of its own in JSON, which the IDL does not know.
func CallGob(client *rpc.Client) error {
	return check.First(
		check.Echo(client, "Service.Echo", All{
			Stamped{time.Unix(1, 0).UTC(), ""}, Temperature{1.5}, &Temperature{2}, Version{1, 2}, map[Version]int{{1, 1}: 2}, On, Money{3},
		}),
		check.Reply(client, "Service.Heat", Temperature{1}, Temperature{2}),
	)
}
