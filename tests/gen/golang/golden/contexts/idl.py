# Written by `rpcgen from-go contexts`.
# It may be edited: from-go then leaves it alone until it is told --force.
# digest: 11e1ba38c35aadf5

"""Package contexts is of a fork of net/rpc whose methods take a context first."""

from __future__ import annotations

from typing import Protocol

from attrs import define


@define
class Args:
    a: int = 0


class Service(Protocol):
    def get(self, args: Args) -> int: ...

    def put(self, args: Args) -> int: ...
