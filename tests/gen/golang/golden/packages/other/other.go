// Package renamed is not called like its folder.
package renamed

// Thing is of a module beside.
type Thing struct{ Name string }

const Service = "things"
