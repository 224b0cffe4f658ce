"""Types that may be services: those with methods of the form that net/rpc serves."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import frozen

from .methods import Methods, RpcMethod
from .packages import Package
from .types import InterfaceType, NamedType, Resolver

__all__ = ["Candidate", "candidates", "find_type"]


@frozen
class Candidate:
    """A type with methods that net/rpc would serve."""

    type: NamedType
    methods: int


def candidates(
    packages: Iterable[Package], resolver: Resolver, methods: Methods
) -> list[Candidate]:
    """Return all types of packages that may be services, those with most methods first.

    Args:
        packages: The packages.
        resolver: Resolver of types.
        methods: Methods of types.
    """
    found = []
    for package in packages:
        for declared, file in package.types.values():
            named = NamedType(package, declared, file)
            if declared.alias or declared.parameters or not named.name[:1].isupper():
                continue
            if isinstance(resolver.underlying(named), InterfaceType):
                continue
            served = methods.served(named, by_pointer=True)
            count = sum(isinstance(each, RpcMethod) for each in served)
            if count:
                found.append(Candidate(named, count))
    return sorted(found, key=lambda each: (-each.methods, each.type.full_name))


def find_type(name: str, packages: Iterable[Package]) -> NamedType | None:
    """Return a type by its name, None if no package declares it.

    Args:
        name: Name with the package's or its path's, or without.
        packages: The packages that are looked at.
    """
    of, _, plain = name.rpartition(".")
    for package in packages:
        if plain in package.types and of in ("", package.name, package.path):
            declared, file = package.types[plain]
            return NamedType(package, declared, file)
    return None
