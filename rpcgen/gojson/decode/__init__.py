"""From JSON to values, as ``json.Unmarshal`` does it.

What goes in is what Python's `json` has parsed, with objects as tuples of their
members. As in Go, keys match whatever their case and unknown ones are ignored;
a key that comes twice adds to what the first one brought; ``null`` is zero where
it is no pointer; an array that is too short or too long is filled up or cut.

A key that is missing cannot be told from a field that the sender lacks: the
field takes the IDL's default, or zero if it has none or leaves zeros out itself
(``json_tag(",omitempty")``). In ``Any``, a number without fraction and exponent
is an ``int``, every other one a ``float``. The texts of errors are those of Go 1.27.
"""

from .unmarshal import decode, mismatch

__all__ = ["decode", "mismatch"]
