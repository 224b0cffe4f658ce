"""The method that a user has named: what it takes and gives, by whoever knows that."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from attrs import frozen

from ...code import Code
from ...errors import DialError, GenerateError, SchemaError, ServerError
from ...method import Method
from ...protocol.reflection import Description
from ...protocol.server_reflection import REFLECTION_DESCRIBE, REFLECTION_SERVICES
from ...schema import UNTYPED, Empty, Schema
from ...sync import Client
from ...values.registry import ANYTHING
from ..failures import USAGE, Failure
from .go_types import known_schema, schema_of_go
from .json_reader import read_json
from .json_writer import jsonable
from .literals import schema_of_json
from .skeletons import skeleton
from .target import Target

if TYPE_CHECKING:
    from .debug_page import PageMethod, PageService

__all__ = ["MISSING", "RemoteMethod", "TypeSource", "describe", "find_method", "page_of"]

MISSING: Final = object()
"""The arguments of a user who has written none."""

TypeSource = Literal["auto", "reflection", "page", "none"]
"""Sources of types: the server's reflection, its debug page, none; or all in this order."""


class RemoteMethod(Protocol):
    """A method of a server, as far as it is known."""

    @property
    def name(self) -> str:
        """Name on the wire, ``Service.Method``."""
        ...

    def bind(self, arguments: object) -> tuple[Method[Any, Any], Any]:
        """Return the method and the value for some JSON.

        Args:
            arguments: JSON, parsed; `MISSING` where there is none.

        Raises:
            EncodeError: The JSON does not fit.
            Failure: There must be some.
        """
        ...

    def shown(self, reply: object) -> object:
        """Return a reply as `json.dumps` takes it."""
        ...


@frozen
class TypedMethod:
    """A method whose types are known, from an IDL or by reflection."""

    method: Method[Any, Any]

    @property
    def name(self) -> str:
        """Name on the wire."""
        return self.method.name

    def bind(self, arguments: object) -> tuple[Method[Any, Any], Any]:
        """Return the method and the value; see `RemoteMethod`."""
        schema = self.method.request
        if arguments is MISSING:
            if not isinstance(schema, Empty):
                raise _needs_arguments(self.name, schema.go, skeleton(schema))
            arguments = None
        return self.method, read_json(schema, arguments)

    def shown(self, reply: object) -> object:
        """Return a reply as `json.dumps` takes it."""
        return jsonable(reply, self.method.response)


@frozen
class PageMethodOf:
    """A method whose Go types are named on a debug page, but not what structs are made of."""

    name: str
    page: PageMethod
    reply: Schema[Any]

    def bind(self, arguments: object) -> tuple[Method[Any, Any], Any]:
        """Return the method and the value; see `RemoteMethod`."""
        go = self.page.request.lstrip("*")
        if arguments is MISSING:
            known = known_schema(go)
            if not isinstance(known, Empty):
                raise _needs_arguments(self.name, go, skeleton(known) if known else "{...}")
            arguments = None
        schema = schema_of_go(go, arguments)
        return Method.of(self.name, schema, self.reply), read_json(schema, arguments)

    def shown(self, reply: object) -> object:
        """Return a reply as `json.dumps` takes it."""
        return jsonable(reply, None if self.reply is UNTYPED else self.reply)


@frozen
class UntypedMethod:
    """A method of which nothing is known: arguments are what they are written as."""

    name: str
    is_json: bool

    def bind(self, arguments: object) -> tuple[Method[Any, Any], Any]:
        """Return the method and the value; see `RemoteMethod`."""
        if arguments is MISSING:
            return Method.of(self.name, Empty(), UNTYPED), None
        if self.is_json:
            return Method.of(self.name, ANYTHING, UNTYPED), arguments
        schema = schema_of_json(arguments)
        return Method.of(self.name, schema, UNTYPED), read_json(schema, arguments)

    def shown(self, reply: object) -> object:
        """Return a reply as `json.dumps` takes it."""
        return jsonable(reply)


def _needs_arguments(name: str, go: str, example: str) -> Failure:
    return Failure(f"{name} takes {go}", f"write it as JSON, such as '{example}'", USAGE)


def find_method(
    name: str,
    target: Target,
    client: Client,
    stack: ExitStack,
    *,
    idl: Sequence[str] = (),
    root: Path | None = None,
    types: TypeSource = "auto",
) -> RemoteMethod:
    """Return a method of a server.

    Args:
        name: Name on the wire, ``Service.Method``.
        target: The server.
        client: A connection to it.
        stack: Keeps what was made to know the types.
        idl: IDL files that say the types, before anybody is asked.
        root: Folder that their modules' names count from.
        types: Who is asked.

    Raises:
        Failure: There is no such method, as far as that is known, or no such IDL.
        RpcError: The server does not answer.
    """
    service, dot, method = name.rpartition(".")
    if not (service and dot and method):
        raise Failure(f"{name!r} is no Service.Method", _see_list(target), USAGE)
    if idl:
        # Lazy, as others below: what makes modules of an IDL takes a while to import.
        from .idl_modules import generated_modules, methods_in

        known = methods_in(stack.enter_context(generated_modules(idl, root)))
        return TypedMethod(_in_idl(name, known))
    if types in ("auto", "reflection"):
        description = describe(client, service, target.connect_timeout)
        if description is not None:
            return _reflected(name, description, target, client, stack)
        if types == "reflection":
            raise Failure(
                f"the server at {target.address} does not serve rpcgen.Reflection",
                "Server(reflection=True) does; or say the types: --idl FILE",
            )
    if types in ("auto", "page") and target.page_address:
        page = page_of(target, is_needed=types == "page")
        if page is not None:
            return _on_page(name, page, target)
    elif types == "page":
        raise Failure(
            f"{target.address} is no HTTP server", "say where the page is: --page URL", USAGE
        )
    return UntypedMethod(name, target.codec == "json")


def describe(client: Client, service: str, timeout: float) -> Description | None:
    """Return what a server says of a service by reflection, None if it knows no reflection.

    Args:
        client: A connection to the server.
        service: Name of the service, empty for all.
        timeout: Maximum time in seconds that the answer may take.

    Raises:
        Failure: There is no such service.
        RpcError: The server does not answer.
    """
    try:
        # A wait that the server is not told of: whoever it is may know no time limits.
        return client.go(REFLECTION_DESCRIBE, service).result(timeout)
    except ServerError as error:
        if error.code is not Code.NOT_FOUND:
            return None
        names = client.go(REFLECTION_SERVICES, None).result(timeout)
        raise Failure(f"there is no service {service}", _near(service, names)) from None


def page_of(target: Target, *, is_needed: bool) -> list[PageService] | None:
    """Return the services on a server's debug page, None if it has none.

    Args:
        target: The server.
        is_needed: True if it is an error that the page cannot be read; it is one in any case
            where the user has said where the page is.

    Raises:
        DialError: It cannot be read.
    """
    if not target.page_address:
        return None
    from .debug_page import fetch_page  # lazy: an HTTP client takes a while to import

    try:
        return fetch_page(target.page_address, timeout=target.connect_timeout, tls=target.tls)
    except DialError:
        if is_needed or target.page:
            raise
        return None


def _reflected(
    name: str, description: Description, target: Target, client: Client, stack: ExitStack
) -> RemoteMethod:
    from .idl_modules import methods_of_description

    service = name.rpartition(".")[0]
    try:
        methods = stack.enter_context(methods_of_description(description))
    except (GenerateError, SchemaError) as error:
        raise Failure(
            f"what the server says of {service} cannot be used: {error}",
            "say the types: --idl FILE; or ask nobody: --types none",
        ) from error
    if name not in methods:
        raise Failure(f"{service} has no method {name}", _near(name, methods))
    return TypedMethod(methods[name])


def _in_idl(name: str, known: Mapping[str, Method[Any, Any]]) -> Method[Any, Any]:
    if name in known:
        return known[name]
    method = name.rpartition(".")[2]
    named = [each for each in known.values() if each.name.rpartition(".")[2] == method]
    if len(named) == 1:  # a service that is registered under another name
        return named[0].renamed(name)
    raise Failure(f"the IDL has no method {name}", _near(name, known), USAGE)


def _on_page(name: str, page: Sequence[PageService], target: Target) -> RemoteMethod:
    service, _, method = name.rpartition(".")
    found = next((each for each in page if each.name == service), None)
    if found is None:
        raise Failure(f"there is no service {service}", _near(service, [e.name for e in page]))
    described = found.method(method)
    if described is None:
        names = [f"{service}.{each.name}" for each in found.methods]
        raise Failure(f"{service} has no method {name}", _near(name, names))
    # The JSON of Go says enough of a type to read it without.
    reply = known_schema(described.response) if target.codec == "gob" else None
    return PageMethodOf(name, described, reply or UNTYPED)


def _near(name: str, names: Iterable[str]) -> str:
    known = list(names)
    near = difflib.get_close_matches(name, known, 3, 0.6)
    shown = near or known[:10]
    if not shown:
        return ""
    more = ", ..." if len(known) > len(shown) and not near else ""
    return f"{'did you mean' if near else 'there are'} {', '.join(shown)}{more}"


def _see_list(target: Target) -> str:
    return f"see what there is: rpcgen list {target.address}"
