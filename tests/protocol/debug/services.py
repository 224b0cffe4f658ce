"""Services to show on the page, and calls to count."""

from __future__ import annotations

from typing import cast

from generated.kvstore import KVStore
from idl.arith import Args, Quotient
from rpcgen.protocol import Registry

__all__ = ["UNDOCUMENTED", "Calculator", "call"]


class Calculator:
    """Ours."""

    def multiply(self, args: Args) -> int:
        return args.a * args.b

    def divide(self, args: Args) -> Quotient:
        return Quotient(*divmod(args.a, args.b))


class Store:
    """An implementation without docstrings for its methods."""

    def __getattr__(self, name: str) -> object:
        return lambda *args, **kwargs: None


UNDOCUMENTED = cast("KVStore", Store())


def call(registry: Registry, name: str, seconds: float = 0.002, failed: bool = False) -> None:
    statistics = registry.find(name).statistics
    statistics.started()
    statistics.finished(seconds, failed)
