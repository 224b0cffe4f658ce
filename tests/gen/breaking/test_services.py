"""Tests of `rpcgen.gen.breaking.services`."""

from __future__ import annotations

import pytest

from .versions import HEAD, Compare


def service(*methods: str, name: str = "S", head: str = "") -> str:
    body = "".join(f"    {each}\n" for each in methods)
    return f"\n@define\nclass M:\n    a: int = 0\n\n\n{head}class {name}(Protocol):\n{body}"


F = "def f(self) -> None: ..."
G = "def g(self) -> None: ..."
ONE = "def f(self, a: int) -> int: ..."
TWO = "def f(self, a: int, b: int = 0) -> int: ..."
MESSAGE = "def f(self, m: M) -> int: ..."
NONE = "def f(self) -> int: ..."
STRUCT = f"@struct_args\n    {ONE}"

SAID = {
    (service(F), service(F, name="Z")): "service-removed",
    (service(F), service(F, head='@wire("T")\n')): "service-renamed",
    (service(F, G), service(F)): "method-removed",
    (service(F), service(f'@wire("Z")\n    {F}')): "method-renamed",
    (service(ONE), service(TWO)): "request-form",
    (service(TWO), service(ONE)): "request-form",
    (service(ONE), service(STRUCT)): "request-form",
    (service(STRUCT), service(ONE)): "request-form",
    (service(ONE), service(NONE)): "request-form",
    (service(NONE), service(ONE)): "request-form",
    (service(ONE), service(MESSAGE)): "request-form",
    (service(F), service(NONE)): "reply-form",
    (service(NONE), service(F)): "reply-form",
    (service(NONE), service("def f(self) -> M: ...")): "type-changed",
    (service(f"@idempotent\n    {F}"), service(F)): "idempotent-removed",
}


@pytest.mark.parametrize("change", SAID)
def test_change_of_a_service_is_said(change: tuple[str, str], compare: Compare) -> None:
    (finding,) = compare(*change)
    assert (finding.rule, finding.codecs) == (SAID[change], ("gob", "json"))
    assert finding.hint


SAME = [
    (service(F), service(F, G)),
    (service(F), service(F) + f"\nclass T(Protocol):\n    {G}\n"),
    (service(F), service("def z(self) -> None: ...").replace("def z", '@wire("F")\n    def z')),
    (service(F), service(F, name="Z", head='@wire("S")\n')),
    (service(TWO), service(f"@struct_args\n    {TWO}")),
    (service(STRUCT), service(TWO)),
    (service(MESSAGE), service(STRUCT)),
    (service(NONE), service(STRUCT)),
    (service(F), service("def f(self) -> M: ...")),
    (service(ONE), service(ONE.replace("a:", "other:"))),
    (service(F), service(f"@idempotent\n    {F}")),
    (service(F), service(f"@timeout(1.0)\n    {F}")),
]


@pytest.mark.parametrize(("old", "new"), SAME)
def test_change_that_no_peer_sees_is_not_said(old: str, new: str, compare: Compare) -> None:
    assert compare(old, new) == []


def test_method_of_a_renamed_service_is_compared(compare: Compare) -> None:
    found = compare(service(F, G), service(F, head='@wire("T")\n'))
    assert [each.rule for each in found] == ["service-renamed", "method-removed"]


def test_method_that_is_gone_is_told_at_its_service(compare: Compare) -> None:
    (finding,) = compare(service(F, G), service(F))
    assert finding.location.line == (HEAD + service(F)).split("\n").index("class S(Protocol):") + 1


def test_service_that_is_gone_is_told_where_it_was(compare: Compare) -> None:
    (finding,) = compare(service(F), service(F, name="Z"))
    assert finding.location.path.endswith("old/shapes.py")


def test_request_of_more_parameters_names_the_way_out(compare: Compare) -> None:
    (finding,) = compare(service(ONE), service(TWO))
    assert "@struct_args" in finding.hint
