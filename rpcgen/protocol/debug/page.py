"""The debug page as HTML, and the answer to a GET of it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import escape
from typing import Any, Final

from rpcgen.errors import RpcError
from rpcgen.gojson.encode import encode
from rpcgen.protocol.address import DEFAULT_RPC_PATH
from rpcgen.protocol.registry import Registry, ServedMethod
from rpcgen.schema import Schema

from .assets import CONTENT_SECURITY_POLICY, PAGE, SCRIPT, STYLE
from .data import DebugData, MethodData, ServiceData, debug_data

__all__ = ["debug_answer", "render_debug_page"]


def debug_answer(
    registry: Registry,
    query: str = "",
    *,
    rpc_path: str = DEFAULT_RPC_PATH,
    allow_calls: bool = False,
) -> tuple[list[tuple[str, str]], bytes]:
    """Return the header fields and the body that answer a GET of the debug page.

    ``query`` is what follows the question mark in the request's target; with
    ``format=json`` the body is `debug_data` as JSON, else the page.
    """
    headers = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
    if "format=json" in query.split("&"):
        body = json.dumps(debug_data(registry), indent=2).encode()
        return [("Content-Type", "application/json"), *headers], body
    page = render_debug_page(registry, rpc_path=rpc_path, allow_calls=allow_calls)
    return [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("Referrer-Policy", "no-referrer"),
        *headers,
    ], page


def render_debug_page(
    registry: Registry, *, rpc_path: str = DEFAULT_RPC_PATH, allow_calls: bool = False
) -> bytes:
    """Return the page: HTML in UTF-8 that needs no other file.

    It is complete as it is, and keeps itself up to date where JavaScript runs.
    With ``allow_calls`` each method has a form that sends what the user types
    to ``rpc_path`` as JSON-RPC by POST. Serve it with `CONTENT_SECURITY_POLICY`.
    """
    data = debug_data(registry)
    forms = _forms(registry, rpc_path) if allow_calls else {}
    services = "".join(_render_service(service, forms) for service in data["services"])
    page = PAGE.format(
        style=STYLE,
        script=SCRIPT,
        totals=_render_totals(data),
        services=services or '<p class="hint">No services are registered.</p>',
        without_script=" Trying methods needs JavaScript." if allow_calls else "",
    )
    return page.encode(errors="replace")


def _render_totals(data: DebugData) -> str:
    methods = [method for service in data["services"] for method in service["methods"]]
    totals = [
        ("Calls", sum(method["calls"] for method in methods), ""),
        ("Errors", sum(method["errors"] for method in methods), "bad"),
        ("In flight", sum(method["in_flight"] for method in methods), "busy"),
        ("Connections open", data["connections"]["open"], ""),
        ("Connections in total", data["connections"]["total"], ""),
    ]
    tiles = (
        f'<div><dt>{label}</dt><dd class="number {kind if number else ""}" '
        f'data-live="{label}">{number:,}</dd></div>\n'
        for label, number, kind in totals
    )
    return f'<dl class="totals">\n{"".join(tiles)}</dl>'


def _render_service(service: ServiceData, forms: dict[str, str]) -> str:
    name = escape(service["name"])
    methods = (
        _render_method(service["name"], method)
        + forms.get(f"{service['name']}.{method['name']}", "")
        for method in service["methods"]
    )
    headings = "".join(f'<th scope="col">{label}</th>' for label in ("Method", *_COLUMNS))
    return (
        f'<section class="service" aria-label="{name}">\n'
        f"<div><h2>{name}</h2>{_render_doc(service['doc'])}</div>\n"
        f"<table>\n<thead><tr>{headings}</tr></thead>\n<tbody>\n{''.join(methods)}</tbody>\n"
        f"</table>\n</section>\n"
    )


_COLUMNS: Final = ("Calls", "Errors", "In flight", "p50", "p90", "p99", "max")


def _render_method(service: str, method: MethodData) -> str:
    latency = method["latency"]
    cells = [
        (f"{method['calls']:,}", "" if method["calls"] else "quiet"),
        (f"{method['errors']:,}", "bad" if method["errors"] else "quiet"),
        (f"{method['in_flight']:,}", "busy" if method["in_flight"] else "quiet"),
        *((_duration(latency[key]), "") if latency else ("-", "quiet") for key in _COLUMNS[3:]),
    ]
    name = method["name"]
    key = escape(f"{service}.{name}")
    numbers = "".join(
        f'<td class="number {kind}" data-label="{label}" data-live="{key} {label}">{text}</td>'
        for label, (text, kind) in zip(_COLUMNS, cells, strict=True)
    )
    parameters = escape(method["signature"].removeprefix(f"func {name}"))
    return (
        f'<tr><th scope="row"><code class="signature">func <b>{escape(name)}</b>{parameters}'
        f"</code>{_render_doc(method['doc'])}</th>{numbers}</tr>\n"
    )


def _render_doc(doc: str) -> str:
    return "".join(map(_render_paragraph, doc.split("\n\n"))) if doc else ""


def _render_paragraph(text: str) -> str:
    # Only lists and examples keep their lines: the width of a docstring is not the page's.
    kept = "\n" in text and any(line[:1] in " -*" for line in text.split("\n"))
    html = re.sub("``(.+?)``", r"<code>\1</code>", escape(text))
    return f'<p class="doc{" lines" if kept else ""}">{html}</p>'


def _duration(seconds: float) -> str:
    """Return a duration as people read it, to three digits: ``1.25 ms``."""
    for unit, size, limit in _UNITS:
        if seconds / size < limit:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 3600:,.0f} h"


# Each unit, its size in seconds, and how many of it are too many: what rounds to 1000, at most.
_UNITS: Final = (
    ("µs", 1e-6, 999.5),
    ("ms", 1e-3, 999.5),
    ("s", 1.0, 60.0),
    ("min", 60.0, 60.0),
    ("h", 3600.0, 100.0),
)


def _forms(registry: Registry, rpc_path: str) -> dict[str, str]:
    """Return the row with the form of each method, by its full name."""
    return {
        name: _render_form(name, served, rpc_path)
        for service in registry.services
        for name, served in (
            (f"{service.name}.{method}", served) for method, served in service.methods.items()
        )
    }


def _render_form(name: str, served: ServedMethod, rpc_path: str) -> str:
    example = _example(served.request)
    rows = min(max(example.count("\n") + 1, 2), 12)
    return (
        '<tr class="try" hidden><td colspan="8"><details><summary>Try it</summary>\n'
        f'<form data-method="{escape(name)}" data-path="{escape(rpc_path)}">'
        f'<textarea rows="{rows}" spellcheck="false" aria-label="Arguments of {escape(name)}, '
        f'as JSON">\n{escape(example)}</textarea>'
        "<button>Call</button><output></output></form></details></td></tr>\n"
    )


# Number of characters that nobody would edit in a form.
_LONGEST_EXAMPLE: Final = 10_000


@lru_cache(1024)  # the page is asked for again and again, and its types are always the same
def _example(schema: Schema[Any]) -> str:
    """Return arguments to begin with: Go's zero value of the type, as JSON.

    It is ``null`` for a type that has none, that JSON cannot hold, or of which
    it would be too long.
    """
    try:
        value = json.loads(encode(schema, schema.zero()))
    except RpcError:
        return "null"
    line = json.dumps(value, ensure_ascii=False)
    if len(line) > _LONGEST_EXAMPLE:
        return "null"
    return line if len(line) <= 60 else json.dumps(value, ensure_ascii=False, indent=2)
