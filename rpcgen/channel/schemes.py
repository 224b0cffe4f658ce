"""Schemes of addresses that name no server but a way to find some: ``dns://``, ``nats://``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from .resolver import Resolver

__all__ = ["broker_of", "broker_resolver", "is_resolved", "resolver_of"]

# Module for each scheme; its function ``resolver`` makes a `Resolver` of the whole address.
# Imported when first used, together with the library that it needs.
_MODULES: Final = {
    "dns": "rpcgen.resolve.dns",
    "dns+srv": "rpcgen.resolve.dns",
    "nats": "rpcgen.resolve.nats",
    "nats+tls": "rpcgen.resolve.nats",
}

_BROKERS: Final = ("nats://", "nats+tls://")


def is_resolved(address: str) -> bool:
    """Return True for an address whose servers a resolver finds."""
    return address.partition("://")[0] in _MODULES and "://" in address


def broker_of(target: object) -> str:
    """Return the broker that is dialed, the first of several, or an empty text if none is."""
    if isinstance(target, list | tuple) and target:
        return broker_of(target[0])
    if not isinstance(target, str) or not target.startswith(_BROKERS):
        return ""
    return target


def broker_resolver(target: object, tls: object, credentials: object) -> Resolver:
    """Return the resolver of a target for which `broker_of` is not empty.

    Args:
        target: Address of a broker, or a list of such.
        tls: That of `dial`.
        credentials: Those of `dial`.

    Raises:
        DialError: An address is none, or credentials cannot be read.
        ImportError: A library is missing; the text says what to install.
        TypeError: An option is of the wrong type.
        ValueError: An option has a value that it cannot have.
    """
    module = importlib.import_module(_MODULES["nats"])
    return cast("Resolver", module.resolver(target, tls, credentials))


def resolver_of(address: str) -> Resolver:
    """Return the resolver of an address for which `is_resolved` is true.

    Raises:
        DialError: The address is none of its scheme.
        ImportError: The library for the scheme is missing; the text says what to install.
    """
    module = importlib.import_module(_MODULES[address.partition("://")[0]])
    return cast("Resolver", module.resolver(address))
