"""Types of Go's library that need modules of Python's which take long to import.

They are to be imported from `rpcgen.types`, which imports this module when one
of them is first used.
"""

from __future__ import annotations

from fractions import Fraction
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface
from typing import Annotated, NamedTuple, TypeAlias

from attrs import frozen

from .markers import GoType

__all__ = [
    "AddrPort",
    "BigFloat",
    "BigFloatValue",
    "BigRat",
    "NetipAddr",
    "NetipAddrPort",
    "NetipPrefix",
]

BigRat: TypeAlias = Annotated[Fraction, GoType("big.Rat")]


class AddrPort(NamedTuple):
    """An address and a port, Go's ``netip.AddrPort``.

    Attributes:
        address: The address; None is Go's invalid one.
        port: The port, 0 to 65535.
    """

    address: IPv4Address | IPv6Address | None
    port: int


# None is Go's invalid address or prefix, the zero value.
NetipAddr: TypeAlias = Annotated[IPv4Address | IPv6Address | None, GoType("netip.Addr")]
NetipPrefix: TypeAlias = Annotated[IPv4Interface | IPv6Interface | None, GoType("netip.Prefix")]
NetipAddrPort: TypeAlias = Annotated[AddrPort, GoType("netip.AddrPort")]


@frozen
class BigFloatValue:
    """A ``big.Float``: ``significand * 2 ** exponent``, with the properties that Go keeps beside.

    Attributes:
        significand: The digits, without a sign.
        exponent: Power of two.
        precision: Precision in bits, 0 only for zero.
        negative: True for a negative number, and for the zero with a minus.
        infinite: True for infinity.
        mode: Go's number for the rounding mode.
        accuracy: Go's number for the direction in which the value was rounded.
    """

    significand: int = 0
    exponent: int = 0
    precision: int = 0
    negative: bool = False
    infinite: bool = False
    mode: int = 0
    accuracy: int = 0

    @classmethod
    def of(cls, value: float, precision: int = 53) -> BigFloatValue:
        """Return a float exactly.

        Args:
            value: The float.
            precision: Precision in bits; a float has no more than 53.

        Raises:
            ValueError: The value is NaN.
        """
        negative = str(value).startswith("-")
        if value != value:
            raise ValueError("a big.Float cannot be NaN")
        if value in (float("inf"), float("-inf")):
            return cls(precision=precision, negative=negative, infinite=True)
        numerator, denominator = abs(value).as_integer_ratio()
        return cls(numerator, 1 - denominator.bit_length(), precision, negative)

    def __float__(self) -> float:
        if self.infinite:
            return float("-inf") if self.negative else float("inf")
        value = float(self.fraction())
        return -0.0 if self.negative and not value else value

    def fraction(self) -> Fraction:
        """Return the exact value.

        Raises:
            OverflowError: The value is infinite.
        """
        if self.infinite:
            raise OverflowError("infinity is not a fraction")
        value = Fraction(self.significand) * Fraction(2) ** self.exponent
        return -value if self.negative else value


BigFloat: TypeAlias = Annotated[BigFloatValue, GoType("big.Float")]

# Where users find them, and pickles and generated code look for them.
for _public in (AddrPort, BigFloatValue):
    _public.__module__ = "rpcgen.types"
