// Package callbacks is of a server whose methods may answer later.
package callbacks

import "time"

// Callback takes a reply.
type Callback interface {
	// Return hands over a reply or an error.
	Return(out any, err error)
}

type StateIn struct{ NonBlocking bool }

// StateOut is the reply of State.
type StateOut struct{ Running bool }

type EventsOut struct{ Events []string }

type Server struct{}

// State returns the state.
func (s *Server) State(arg StateIn, cb Callback) {
	var out StateOut
	cb.Return(out, nil)
}

func (s *Server) Events(arg StateIn, cb Callback) {
	out := new(EventsOut)
	time.Sleep(1)
	cb.Return(out, nil)
}

func (s *Server) Now(arg StateIn, reply *int) error { return nil }
