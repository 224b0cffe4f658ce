"""Tests of `rpcgen.gen.breaking.errors`."""

from __future__ import annotations

import pytest

from .versions import Compare


def raising(
    *, code: str = "NOT_FOUND", text: str = "", head: str = "", fields: str = "key: str = ''"
) -> str:
    told = f", text={text!r}" if text else ""
    return f"""
{head}
@define
class Missing(RemoteError):
    code = Code.{code}
    {fields}


class S(Protocol):
    @raises(Missing{told})
    def f(self) -> None: ...
"""


PLAIN = raising()

SAID = {
    (PLAIN, PLAIN.replace("    @raises(Missing)\n", "")): "error-removed",
    (PLAIN, raising(head='@wire("kv.Missing")')): "error-renamed",
    (PLAIN, raising(code="INTERNAL")): "error-code-changed",
    (raising(text="no {key}"), raising(text="no key {key}")): "error-text-changed",
    (PLAIN, raising(fields="key: int = 0")): "type-changed",
    (PLAIN, raising(fields="pass")): "field-removed",
}


@pytest.mark.parametrize("change", SAID, ids=SAID.values())
def test_change_of_an_exception_is_said(change: tuple[str, str], compare: Compare) -> None:
    (finding,) = compare(*change)
    assert (finding.rule, finding.codecs) == (SAID[change], ("gob", "json"))


def test_exception_more_is_no_matter(compare: Compare) -> None:
    assert compare(PLAIN.replace("    @raises(Missing)\n", ""), PLAIN) == []


def test_codes_are_named(compare: Compare) -> None:
    (finding,) = compare(PLAIN, raising(code="INTERNAL"))
    assert "has the code INTERNAL, and had NOT_FOUND" in finding.reason
