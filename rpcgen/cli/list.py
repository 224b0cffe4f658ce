"""``rpcgen list ADDRESS [SERVICE]``: what a server serves, by reflection or from its debug page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click
from attrs import asdict

from ..errors import RpcError, SchemaError
from .console import json_text, say, say_styled
from .failures import Failure, failure_of
from .remote.catalogue import Catalogue, MethodEntry, TypeEntry, of_description, of_page
from .remote.methods import describe, page_of
from .remote.target import Target, target_options

if TYPE_CHECKING:
    from .remote.debug_page import PageService

__all__ = ["command"]


@click.command("list", short_help="List the services of a server, their methods and types.")
@target_options
@click.argument("service", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print all of it as one object.")
def command(target: Target, service: str | None, as_json: bool) -> int:
    """List the services of a server; of one SERVICE also the types and all documentation.

    A server says what it serves by reflection (Server(reflection=True)), or on its debug page,
    which stock Go has at http://host:port/debug/rpc after rpc.HandleHTTP(); that counts calls too.
    """
    try:
        found = _catalogue(target, service or "")
    except RpcError as error:
        raise failure_of(error, target.address) from error
    if as_json:
        say(json_text(asdict(found), indent=2))
        return 0
    lines = _whole(found) if service else _overview(found)
    say_styled(lines)
    return 0


def _catalogue(target: Target, service: str) -> Catalogue:
    """Return what both say: reflection of types, the page of calls."""
    with target.dial() as client:
        description = describe(client, service, target.connect_timeout)
    page = page_of(target, is_needed=description is None)
    if description is None and page is None:
        raise Failure(
            f"the server at {target.address} does not say what it serves",
            "it needs Server(reflection=True), or a debug page: http://host:port, or --page URL; "
            "methods can be called without: rpcgen call",
        )
    if description is None:
        assert page is not None
        return of_page(_named(page, service))
    try:
        found = of_description(description)
    except SchemaError as error:
        raise Failure(f"what the server says of itself cannot be used: {error}") from error
    return found if page is None else found.counted(of_page(page))


def _named(page: Sequence[PageService], service: str) -> list[PageService]:
    if not service:
        return list(page)
    named = [each for each in page if each.name == service]
    if not named:
        names = ", ".join(each.name for each in page)
        raise Failure(f"there is no service {service}", f"there are {names}")
    return named


# Lines of text, each of parts with their styles.
_Line = list[tuple[str, str]]


def _overview(found: Catalogue) -> Iterator[_Line]:
    """Yield a line for each method."""
    for number, service in enumerate(found.services):
        if number:
            yield []
        yield [(service.name, "bold"), *_summary(service.doc)]
        signatures = max((len(each.signature) for each in service.methods), default=0)
        counts = max((len(_count(each)) for each in service.methods), default=0)
        for method in service.methods:
            line: _Line = [(f"  {method.signature:{signatures}}", "")]
            if counts:
                line.append((f"  {_count(method):{counts}}", "green"))
            yield [*line, *_summary(method.doc)]
    if not found.services:
        yield [("the server serves nothing", "")]


def _summary(doc: str) -> _Line:
    first = doc.partition("\n")[0]
    return [(f"  {first}", "dim")] if first else []


def _count(method: MethodEntry) -> str:
    if method.calls is None:
        return ""
    failed = f", {method.errors:,} failed" if method.errors else ""
    return f"{method.calls:,} {'call' if method.calls == 1 else 'calls'}{failed}"


def _whole(found: Catalogue) -> Iterator[_Line]:
    """Yield all that is known."""
    for service in found.services:
        yield [(service.name, "bold")]
        yield from _indented(service.doc, 2)
        for method in service.methods:
            yield []
            yield from _method(method)
    for each in found.types:
        yield []
        yield from _type(each)


def _method(method: MethodEntry) -> Iterator[_Line]:
    yield [(f"  {method.signature}", "bold")]
    yield from _indented(method.doc, 6)
    facts = [
        "may be repeated" if method.idempotent else "",
        "durable" if method.durable else "",
        f"takes at most {method.timeout:g} s" if method.timeout else "",
        f"raises {', '.join(method.raises)}" if method.raises else "",
        _count(method),
    ]
    if any(facts):
        yield [(f"      ({'; '.join(filter(None, facts))})", "green")]


def _type(each: TypeEntry) -> Iterator[_Line]:
    yield [(each.name, "bold"), (f" {each.kind}", "")]
    yield from _indented(each.doc, 2)
    width = max((len(field.name) for field in each.fields), default=0)
    for field in each.fields:
        default = f" = {field.default}" if field.default else ""
        yield [(f"  {field.name:{width}}  {field.type}{default}", "")]
    for member in each.members:
        yield [(f"  {member}", "")]


def _indented(text: str, count: int) -> Iterator[_Line]:
    for line in text.splitlines():
        yield [(f"{' ' * count}{line}".rstrip(), "dim")]
