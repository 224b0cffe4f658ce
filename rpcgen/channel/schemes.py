"""Schemes of addresses that name no server but a way to find some: ``dns://``, ``nats://``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from .resolver import Resolver

__all__ = ["broker_of", "is_resolved", "resolver_of"]

# Module for each scheme; its function ``resolver`` makes a `Resolver` of the whole address.
# Imported when first used, together with the library that it needs.
_MODULES: Final = {
    "dns": "rpcgen.resolve.dns",
    "dns+srv": "rpcgen.resolve.dns",
    "nats": "rpcgen.resolve.nats",
}


def is_resolved(address: str) -> bool:
    """Return True for an address whose servers a resolver finds."""
    return address.partition("://")[0] in _MODULES and "://" in address


def broker_of(target: object) -> str:
    """Return the broker that is dialed, the first of several, or an empty text if none is."""
    if isinstance(target, list | tuple) and target:
        return broker_of(target[0])
    return target if isinstance(target, str) and target.startswith("nats://") else ""


def resolver_of(address: str) -> Resolver:
    """Return the resolver of an address for which `is_resolved` is true.

    Raises:
        DialError: The address is none of its scheme.
        ImportError: The library for the scheme is missing; the text says what to install.
    """
    module = importlib.import_module(_MODULES[address.partition("://")[0]])
    return cast("Resolver", module.resolver(address))
