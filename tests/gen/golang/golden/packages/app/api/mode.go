package api

// Mode is declared in another file.
type Mode int

const (
	Slow Mode = iota
	Fast
)
