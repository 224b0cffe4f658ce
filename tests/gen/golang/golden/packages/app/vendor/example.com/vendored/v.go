package vendored

// Thing is vendored, and called like another.
type Thing struct{ Count int }
