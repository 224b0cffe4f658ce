// Package names has the names of services.
package names

const (
	prefix  = "app"
	Visor   = prefix + "-visor"
	Version = "v1"
)
