# Written by `rpcgen from-go library`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 341c083bc18ffe2a

"""Services of the Go package golden/library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, NewType, Protocol

from attrs import define, field
from rpcgen.types import (
    URL,
    BigInt,
    BigRat,
    NetHardwareAddr,
    NetIP,
    NetipAddr,
    NetIPMask,
    OpenIntEnum,
    Uint,
    wire,
)

Kind = NewType("Kind", Uint)
KIND_INVALID = Kind(0)
KIND_BOOL = Kind(1)
KIND_INT = Kind(2)
KIND_INT8 = Kind(3)
KIND_INT16 = Kind(4)
KIND_INT32 = Kind(5)
KIND_INT64 = Kind(6)
KIND_UINT = Kind(7)
KIND_UINT8 = Kind(8)
KIND_UINT16 = Kind(9)
KIND_UINT32 = Kind(10)
KIND_UINT64 = Kind(11)
KIND_UINTPTR = Kind(12)
KIND_FLOAT32 = Kind(13)
KIND_FLOAT64 = Kind(14)
KIND_COMPLEX64 = Kind(15)
KIND_COMPLEX128 = Kind(16)
KIND_ARRAY = Kind(17)
KIND_CHAN = Kind(18)
KIND_FUNC = Kind(19)
KIND_INTERFACE = Kind(20)
KIND_MAP = Kind(21)
KIND_POINTER = Kind(22)
KIND_SLICE = Kind(23)
KIND_STRING = Kind(24)
KIND_STRUCT = Kind(25)
KIND_UNSAFE_POINTER = Kind(26)


class Month(OpenIntEnum):
    JANUARY = 1
    FEBRUARY = 2
    MARCH = 3
    APRIL = 4
    MAY = 5
    JUNE = 6
    JULY = 7
    AUGUST = 8
    SEPTEMBER = 9
    OCTOBER = 10
    NOVEMBER = 11
    DECEMBER = 12


class Weekday(OpenIntEnum):
    SUNDAY = 0
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6


@define
class Times:
    at: datetime = datetime(1, 1, 1, tzinfo=UTC)
    maybe: datetime | None = None
    took: timedelta = timedelta()
    month: Month = Month(0)
    weekday: Weekday = Weekday.SUNDAY


@define
class Numbers:
    int_: BigInt | None = None
    rat: BigRat | None = None


@define
class IPNet:
    ip: NetIP = b""
    mask: NetIPMask = b""


@define
class TCPAddr:
    ip: NetIP = b""
    port: int = 0
    zone: str = ""


@define
class Addresses:
    ip: NetIP = b""
    net: IPNet = field(factory=IPNet)
    mac: Annotated[NetHardwareAddr, wire("MAC")] = b""
    addr: NetipAddr = None
    values: dict[str, list[str]] = field(factory=dict)
    peer: TCPAddr = field(factory=TCPAddr)


@define
class URLs:
    url: URL | None = None


class Service(Protocol):
    def times(self, args: Times) -> Times: ...

    def numbers(self, args: Numbers) -> Numbers: ...

    def addresses(self, args: Addresses) -> Addresses: ...

    @wire("URLs")
    def urls(self, args: URLs) -> URLs: ...

    def kind(self, args: Kind) -> Kind: ...
