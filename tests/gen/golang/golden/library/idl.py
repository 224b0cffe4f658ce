# Written by `rpcgen from-go library`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 76e3033f4e64058e

"""Services of the Go package golden/library."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

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
    underlying,
    wire,
)


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


@underlying(Uint)
class Kind(OpenIntEnum):
    INVALID = 0
    BOOL = 1
    INT = 2
    INT8 = 3
    INT16 = 4
    INT32 = 5
    INT64 = 6
    UINT = 7
    UINT8 = 8
    UINT16 = 9
    UINT32 = 10
    UINT64 = 11
    UINTPTR = 12
    FLOAT32 = 13
    FLOAT64 = 14
    COMPLEX64 = 15
    COMPLEX128 = 16
    ARRAY = 17
    CHAN = 18
    FUNC = 19
    INTERFACE = 20
    MAP = 21
    POINTER = 22
    SLICE = 23
    STRING = 24
    STRUCT = 25
    UNSAFE_POINTER = 26


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
