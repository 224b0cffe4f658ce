# Written by `rpcgen from-go self_encoding`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: ba27d4205ac0e832

"""Services of the Go package golden/self_encoding."""

from __future__ import annotations

from typing import Protocol, Self

from attrs import define, field, frozen
from rpcgen.types import OpenIntEnum


class State(OpenIntEnum):
    """State has a form of its own in JSON alone."""

    # In JSON Go's self_encoding.State is what its MarshalText makes of it; on gob it is as
    # here.
    OFF = 0
    ON = 1


@frozen
class Stamped:
    """Stamped encodes itself by what it embeds, so that its note does not travel."""

    # Go's self_encoding.Stamped encodes itself by GobEncode: parse `data` to have more than
    # its bytes.
    # A type that encodes itself: only its bytes are known here, and nothing of its JSON.
    data: bytes = b""

    def gob_encode(self) -> bytes:
        return self.data

    @classmethod
    def gob_decode(cls, data: bytes) -> Self:
        return cls(data)


@frozen
class Temperature:
    """Temperature encodes itself on gob."""

    # Go's self_encoding.Temperature encodes itself by GobEncode: parse `data` to have more
    # than its bytes.
    # A type that encodes itself: only its bytes are known here, and nothing of its JSON.
    data: bytes = b""

    def gob_encode(self) -> bytes:
        return self.data

    @classmethod
    def gob_decode(cls, data: bytes) -> Self:
        return cls(data)


@frozen
class Version:
    """Version encodes itself wherever bytes are wanted."""

    # Go's self_encoding.Version encodes itself by MarshalBinary: parse `data` to have more
    # than its bytes.
    # A type that encodes itself: only its bytes are known here, and nothing of its JSON.
    data: bytes = b""

    def marshal_binary(self) -> bytes:
        return self.data

    @classmethod
    def unmarshal_binary(cls, data: bytes) -> Self:
        return cls(data)


@define
class Money:
    """Money as well."""

    # In JSON Go's self_encoding.Money is what its MarshalJSON makes of it; on gob it is as
    # here.
    cents: int = 0


@define
class All:
    stamped: Stamped = Stamped()
    temperature: Temperature = Temperature()
    maybe: Temperature | None = None
    version: Version = Version()
    by_version: dict[Version, int] = field(factory=dict)
    state: State = State.OFF
    money: Money = field(factory=Money)


class Service(Protocol):
    def echo(self, args: All) -> All: ...

    def heat(self, args: Temperature) -> Temperature: ...
