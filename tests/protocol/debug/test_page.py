"""The debug page as HTML, and the answer to a GET of it."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from enum import IntEnum
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated.kvstore import register_kv_store
from idl.kvstore import Entry
from rpcgen.method import Method
from rpcgen.protocol import Registry
from rpcgen.protocol.debug import debug_answer, debug_data, render_debug_page
from tests.protocol.messages import DOUBLE, SUM

from .services import UNDOCUMENTED, call


class Page(HTMLParser):
    """What a page holds: its text, its live numbers by their labels, and every tag."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.text = ""
        self.numbers: dict[str, str] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._live: str | None = None
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._live = dict(attrs).get("data-live")

    def handle_endtag(self, tag: str) -> None:
        self._live = None

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._live is not None:
            self.numbers[self._live] = data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def rendered(registry: Registry, *, allow_calls: bool = False) -> Page:
    return Page(render_debug_page(registry, allow_calls=allow_calls))


def test_page_shows_the_services(registry: Registry) -> None:
    register_kv_store(registry, UNDOCUMENTED)
    assert re.findall("<h2>(.*?)</h2>", render_debug_page(registry).decode()) == [
        "Arith",
        "KVStore",
    ]


def test_page_shows_signatures(registry: Registry) -> None:
    assert "func Multiply(arith.Args, *int) error" in rendered(registry).text


def test_page_shows_the_number_of_calls(registry: Registry) -> None:
    for _ in range(1234):
        call(registry, "Arith.Multiply")
    assert rendered(registry).numbers["Arith.Multiply Calls"] == "1,234"


def test_page_of_an_empty_server() -> None:
    assert "No services are registered." in rendered(Registry()).text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 µs"),
        (25e-6, "25 µs"),
        (999.4e-6, "999 µs"),
        (999.6e-6, "1 ms"),
        (0.0123, "12.3 ms"),
        (0.99949, "999 ms"),
        (1.5, "1.5 s"),
        (59.96, "60 s"),
        (90.0, "1.5 min"),
        (3600.0, "1 h"),
        (90 * 3600.0, "90 h"),
        (1234 * 3600.0, "1,234 h"),
    ],
)
def test_page_shows_durations_for_people(registry: Registry, seconds: float, text: str) -> None:
    call(registry, "Arith.Divide", seconds)
    assert rendered(registry).numbers["Arith.Divide max"] == text


@given(st.floats(1e-6, 1e7))
def test_page_shows_durations_to_three_digits(seconds: float) -> None:
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(abs)])
    call(registry, "Math.Double", seconds)
    number, unit = rendered(registry).numbers["Math.Double max"].replace(",", "").split(" ")
    size = {"µs": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600}[unit]
    assert math.isclose(float(number) * size, seconds, rel_tol=0.0051)


def page_with_doc(doc: str) -> str:
    class Described:
        pass

    Described.__doc__ = doc
    registry = Registry()
    registry.register_name("Math", [DOUBLE.handler(int)], described_by=Described)
    return render_debug_page(registry).decode()


def test_page_breaks_docs_into_paragraphs() -> None:
    assert '<p class="doc">One.</p><p class="doc">Two.</p>' in page_with_doc("One.\n\nTwo.")


def test_page_keeps_the_lines_of_lists() -> None:
    assert '<p class="doc lines">- one\n- two</p>' in page_with_doc("- one\n- two")


def test_page_shows_code_in_docs_as_such() -> None:
    assert "A <code>b</code> of 0" in page_with_doc("A ``b`` of 0")


# Hostile names and texts.

HOSTILE = st.text(alphabet=st.sampled_from("<>&\"'`/=x \n{}[]-!\\\ud800é"), min_size=1)


def hostile_registry(service: str, method: str, doc: str) -> Registry:
    class Described:
        pass

    Described.__doc__ = doc
    registry = Registry()
    handler = Method.of(f"S.{method}", SUM.request, SUM.response).handler(lambda pair: 0)
    registry.register_name(service, [handler], described_by=Described)
    return registry


@given(HOSTILE, HOSTILE.filter(lambda name: "." not in name), HOSTILE)
def test_page_of_hostile_texts_has_no_other_tags(service: str, method: str, doc: str) -> None:
    page = rendered(hostile_registry(service, method, doc), allow_calls=True)
    allowed = {
        tag for tag, _ in rendered(hostile_registry("S", "M", "``d``"), allow_calls=True).tags
    }
    assert {tag for tag, _ in page.tags} <= allowed


@given(HOSTILE, HOSTILE.filter(lambda name: "." not in name))
def test_page_of_hostile_texts_names_the_method(service: str, method: str) -> None:
    page = rendered(hostile_registry(service, method, ""), allow_calls=True)
    expected = f"{service}.{method}".encode(errors="replace").decode()
    assert [form["data-method"] for form in page.named("form")] == [expected]


@given(HOSTILE, HOSTILE.filter(lambda name: "." not in name), HOSTILE)
def test_page_of_hostile_texts_has_no_other_attributes(service: str, method: str, doc: str) -> None:
    page = rendered(hostile_registry(service, method, doc), allow_calls=True)
    plain = rendered(hostile_registry("S", "M", "``d``"), allow_calls=True)
    allowed = {(tag, name) for tag, attributes in plain.tags for name in attributes}
    assert {(tag, name) for tag, attributes in page.tags for name in attributes} <= allowed


# The page itself.


def test_page_needs_nothing_else(registry: Registry) -> None:
    page = rendered(registry, allow_calls=True)
    links = {
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "href", "action")
    }
    assert links == {"data:,"}


def test_page_reloads_itself_only_without_javascript(registry: Registry) -> None:
    page = render_debug_page(registry).decode()
    assert re.findall(r"(<\w+>)<meta http-equiv=\"refresh\"", page) == ["<noscript>"]


@pytest.mark.parametrize("tag", ["style", "script"])
def test_policy_allows_the_page(registry: Registry, tag: str) -> None:
    fields, page = debug_answer(registry)
    match = re.search(f"<{tag}>(.*?)</{tag}>", page.decode(), re.DOTALL)
    assert match is not None
    digest = base64.b64encode(hashlib.sha256(match[1].encode()).digest()).decode()
    assert f"{tag}-src 'sha256-{digest}'" in dict(fields)["Content-Security-Policy"]


def test_policy_needs_no_inline_attributes(registry: Registry) -> None:
    names = {name for _, attributes in rendered(registry).tags for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_answer_is_html(registry: Registry) -> None:
    fields, body = debug_answer(registry)
    assert (dict(fields)["Content-Type"], body) == (
        "text/html; charset=utf-8",
        render_debug_page(registry),
    )


@pytest.mark.parametrize("query", ["format=json", "x=1&format=json"])
def test_answer_in_json(registry: Registry, query: str) -> None:
    call(registry, "Arith.Multiply")
    fields, body = debug_answer(registry, query)
    assert (dict(fields)["Content-Type"], json.loads(body)) == (
        "application/json",
        debug_data(registry),
    )


def test_answer_is_not_kept(registry: Registry) -> None:
    fields, _ = debug_answer(registry)
    assert dict(fields)["Cache-Control"] == "no-store"


# Forms.


def examples(registry: Registry) -> list[str]:
    page = render_debug_page(registry, allow_calls=True).decode()
    return [unescape(text) for text in re.findall(r"<textarea[^>]*>\n([^<]*)</textarea>", page)]


def example_of(method: Method[Any, Any]) -> str:
    registry = Registry()
    registry.register_name("S", [method.handler(lambda args: None)])
    return examples(registry)[0]


def test_page_has_no_forms_unless_asked_for(registry: Registry) -> None:
    assert rendered(registry).named("form") == []


def test_forms_wait_for_the_script(registry: Registry) -> None:
    rows = rendered(registry, allow_calls=True).named("tr")
    assert ["hidden" in row for row in rows if row.get("class") == "try"] == [True, True]


def test_form_sends_to_the_rpc_path(registry: Registry) -> None:
    page = Page(render_debug_page(registry, rpc_path="/<rpc>", allow_calls=True))
    assert {form["data-path"] for form in page.named("form")} == {"/<rpc>"}


def test_form_begins_with_the_zero_value(registry: Registry) -> None:
    assert examples(registry) == ['{"A": 0, "B": 0}'] * 2


def test_form_of_a_long_value_has_lines() -> None:
    assert example_of(Method[Entry, None]("S.M")).splitlines()[:3] == [
        "{",
        '  "Key": "",',
        '  "Value": "",',
    ]


class Level(IntEnum):
    """An enum without Go's zero value."""

    LOW = 1


@pytest.mark.parametrize(
    ("method", "example"),
    [
        (Method[str, None]("S.M"), '""'),
        (Method[None, None]("S.M"), "{}"),
        (Method[list[int], None]("S.M"), "[]"),
        (Method[Level, None]("S.M"), "null"),
        (Method[complex, None]("S.M"), "null"),
    ],
)
def test_form_of_a_plain_value(method: Method[Any, Any], example: str) -> None:
    assert example_of(method) == example
