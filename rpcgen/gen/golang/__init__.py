"""Go's side of an IDL: read from Go source, or written as Go."""
