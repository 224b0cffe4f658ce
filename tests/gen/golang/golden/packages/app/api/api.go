// Package api has the messages.
package api

import "example.com/other"

// Args have a thing.
type Args struct {
	Thing *renamed.Thing
	Mode  Mode
}
