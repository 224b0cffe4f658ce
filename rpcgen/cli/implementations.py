"""Objects named by ``MODULE:OBJECT``: a server, or an implementation that becomes one."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any, Final

from attrs import frozen

from .. import aio
from ..stubs import AbstractService
from ..sync import Server
from .failures import USAGE, Failure

__all__ = ["AnyServer", "ServerOptions", "load_object", "server_of"]

AnyServer = Server | aio.Server

# Beginning of the docstrings of generated modules.
_GENERATED: Final = "Typed clients and servers for the services of"


@frozen
class ServerOptions:
    """Options of a server that a command makes."""

    reflection: bool = False
    health: bool = False

    def make(self, *, is_async: bool) -> AnyServer:
        """Return a new server."""
        make = aio.Server if is_async else Server
        return make(reflection=self.reflection, health=self.health)


def load_object(place: str) -> tuple[ModuleType, object]:
    """Import a module from the working directory or the path, and return an object in it.

    Args:
        place: ``module:object``; of the object, too, a part of a part may be named.

    Raises:
        Failure: There is no such module or object, or importing it raises.
    """
    name, colon, path = place.partition(":")
    if not (name and colon and path):
        hint = f"such as {name.removesuffix('.py').replace(os.sep, '.') or 'serve'}:server"
        raise Failure(f"{place!r} is no MODULE:OBJECT", hint, USAGE)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            hint = "modules are looked for in the working directory, and where Python finds its own"
            raise Failure(f"there is no module {name}", hint, USAGE) from error
        raise
    found: object = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise Failure(f"{name} has no {path}", _servable_in(module), USAGE) from None
    return module, found


def _servable_in(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if isinstance(value, AnyServer)
        or (inspect.isclass(value) and value.__module__ == module.__name__)
    ]
    return f"there are {', '.join(names)}" if names else ""


def server_of(
    found: object,
    place: str,
    module: ModuleType,
    options: ServerOptions,
    generated: Sequence[ModuleType] = (),
) -> AnyServer:
    """Return the server that an object is, makes, or implements the services of.

    Args:
        found: A server, a function that returns one, an implementation, or a class of such.
        place: What the user calls it.
        module: The module that it was found in.
        options: How to make a server of an implementation.
        generated: Generated modules to look for its services in; by default, all that are
            loaded.

    Raises:
        Failure: The object is none of these.
    """
    if inspect.isclass(found) or inspect.isfunction(found):
        found = _made(found, place)
    if isinstance(found, AnyServer):
        if options != ServerOptions():
            raise Failure(
                f"{place} is a server already: --reflection and --health come too late",
                "say Server(reflection=True, health=True) where it is made",
                USAGE,
            )
        return found
    registrars = list(_registrars(generated or _generated_modules()))
    matching = [each for each in registrars if each.fits(found)]
    # A class that names the Protocols it implements means these alone.
    declared = [each for each in matching if each.protocol in type(found).__mro__]
    chosen = declared or matching
    if not chosen and isinstance(found, AbstractService):
        server = options.make(is_async=False)
        server.register(found)
        return server
    if not chosen:
        raise Failure(f"{place} implements no service", _what_is_missing(found, registrars), USAGE)
    server = options.make(is_async=any(each.is_async for each in chosen))
    for each in chosen:
        each.register(server, found)
    return server


def _made(found: Callable[[], object], place: str) -> object:
    try:
        inspect.signature(found).bind()
    except TypeError as error:
        hint = "name an object that is made already, or a function without parameters that makes it"
        raise Failure(f"{place} cannot be called without arguments: {error}", hint, USAGE) from None
    return found()


@frozen
class _Registrar:
    """A generated ``register_...`` function, and the ``Protocol`` that it takes."""

    register: Callable[[Any, Any], None]
    protocol: type[object]
    is_async: bool

    @property
    def methods(self) -> list[str]:
        return [
            name
            for base in self.protocol.__mro__
            for name, value in vars(base).items()
            if isinstance(value, FunctionType) and not name.startswith("_")
        ]

    def fits(self, found: object) -> bool:
        """Return True if an object has all methods, as functions of the right kind."""
        functions = [getattr(found, name, None) for name in self.methods]
        if not all(map(callable, functions)):
            return False
        return self.is_async == any(map(inspect.iscoroutinefunction, functions))


def _generated_modules() -> list[ModuleType]:
    return [each for each in [*sys.modules.values()] if _doc_of(each).startswith(_GENERATED)]


def _doc_of(module: ModuleType) -> str:
    # Not by the attribute: what stands for a module may warn of that.
    doc = getattr(module, "__dict__", {}).get("__doc__")
    return doc if isinstance(doc, str) else ""


def _registrars(modules: Iterable[ModuleType]) -> Iterator[_Registrar]:
    for module in modules:
        if module.__name__.startswith("rpcgen."):  # services that a server has of its own
            continue
        for name, function in vars(module).items():
            if not (name.startswith("register_") and inspect.isfunction(function)):
                continue
            if function.__module__ != module.__name__:
                continue
            protocol = function.__globals__.get(function.__annotations__.get("implementation", ""))
            if inspect.isclass(protocol):
                is_async = name.startswith("register_async_")
                yield _Registrar(function, protocol, is_async)


def _what_is_missing(found: object, registrars: Sequence[_Registrar]) -> str:
    """Return a hint: the methods that an object lacks of the service that it is closest to."""
    nearest, lacking = "", [""]
    for each in registrars:
        missing = [name for name in each.methods if not callable(getattr(found, name, None))]
        has_some = 0 < len(missing) < len(each.methods)
        if has_some and (not nearest or len(missing) < len(lacking)):
            nearest, lacking = each.protocol.__name__, missing
    if nearest:
        return f"of {nearest} it lacks {', '.join(lacking)}"
    if registrars:
        names = sorted({each.protocol.__name__ for each in registrars if not each.is_async})
        return f"there are {', '.join(names)}; their IDL can be named: --idl FILE"
    return "say what it implements: --idl FILE; or import the generated module in its own"
