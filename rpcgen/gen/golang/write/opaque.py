"""Types that encode themselves: those of Go's library, and those that keep their bytes."""

from __future__ import annotations

from typing import Final

from .literals import one_line

__all__ = ["LIBRARY", "UUID", "opaque_methods"]

LIBRARY: Final = {
    "big.Float": "math/big",
    "big.Int": "math/big",
    "big.Rat": "math/big",
    "net.HardwareAddr": "net",
    "net.IP": "net",
    "net.IPMask": "net",
    "netip.Addr": "net/netip",
    "netip.AddrPort": "net/netip",
    "netip.Prefix": "net/netip",
    "time.Duration": "time",
    "time.Time": "time",
    "url.URL": "net/url",
}
"""The types of Go's library, with the paths of their packages."""

# Go's interfaces that encode, by the encoding: the methods of each.
_METHODS: Final = {
    "gob": ("GobEncode", "GobDecode"),
    "binary": ("MarshalBinary", "UnmarshalBinary"),
    "text": ("MarshalText", "UnmarshalText"),
}


def opaque_methods(name: str, encoding: str) -> tuple[str, ...]:
    """Return the methods of a type that holds the bytes it travels as.

    Args:
        name: Name of the type, a string: so it may be the key of a map.
        encoding: Which of Go's interfaces encodes it.
    """
    encode, decode = _METHODS.get(encoding, _METHODS["gob"])
    returns = one_line(f"func (v {name}) {encode}() ([]byte, error)", "return []byte(v), nil")
    encoder = f"// {encode} returns the bytes.\n{returns}"
    decoder = f"""\
// {decode} takes the bytes.
func (v *{name}) {decode}(data []byte) error {{
	*v = {name}(data)
	return nil
}}"""
    return encoder, decoder


UUID: Final = (
    "type {} [16]byte",
    (
        """\
// String returns the usual spelling, in five groups.
func (u UUID) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}""",
        """\
// MarshalText returns the usual spelling.
func (u UUID) MarshalText() ([]byte, error) { return []byte(u.String()), nil }""",
        """\
// UnmarshalText takes the usual spelling.
func (u *UUID) UnmarshalText(text []byte) error {
	digits := make([]byte, 0, 32)
	for _, each := range text {
		if each != '-' {
			digits = append(digits, each)
		}
	}
	if len(digits) != 32 {
		return fmt.Errorf("%q is no UUID", text)
	}
	_, err := hex.Decode(u[:], digits)
	return err
}""",
        """\
// MarshalBinary returns the 16 bytes.
func (u UUID) MarshalBinary() ([]byte, error) { return u[:], nil }""",
        """\
// UnmarshalBinary takes the 16 bytes.
func (u *UUID) UnmarshalBinary(data []byte) error {
	if len(data) != len(u) {
		return fmt.Errorf("a UUID has 16 bytes, not %d", len(data))
	}
	copy(u[:], data)
	return nil
}""",
    ),
)
"""Declaration and methods of a UUID, which Go's library has not: as google/uuid on the wire."""
