# Written by `rpcgen from-go register_name`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 9a4d1d9fda4d57a0

"""Services of the Go package golden/register_name."""

from __future__ import annotations

from typing import Protocol

from rpcgen.types import wire


@wire("app-visor")
class AppVisor(Protocol):
    def up(self, args: str) -> bool: ...


@wire("v1")
class V1(Protocol):
    def get(self, args: int) -> int: ...


@wire("local")
class Local(Protocol):
    def get(self, args: int) -> int: ...


@wire("third")
class Third(Protocol):
    def get(self, args: int) -> int: ...


class Fourth(Protocol):
    def get(self, args: int) -> int: ...
