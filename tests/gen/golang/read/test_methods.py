"""Tests of `rpcgen.gen.golang.read.methods`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rpcgen.gen.golang.read.methods import Methods, RpcMethod, Unfit
from rpcgen.gen.golang.read.packages import Package, Packages
from rpcgen.gen.golang.read.types import NamedType, Resolver

HEAD = """package a
type T struct{}
type Args struct{}
type args struct{}
type Failure = error
type Own error
"""


def served(package: Package, by_pointer: bool = True) -> list[RpcMethod | Unfit]:
    named = NamedType(package, *package.types["T"])
    return list(Methods(Resolver(Packages())).served(named, by_pointer=by_pointer))


@pytest.mark.parametrize(
    "method",
    [
        "Get(a Args, b *int) error",
        "Get(a *Args, b *[]string) error",
        "Get(Args, *Args) error",
        "Get(a int, b **Args) (err error)",
        "Get(a struct{}, b *struct{}) error",
        "Get(a int, b *int) Failure",
    ],
)
def test_method_of_the_form_is_served(load: Callable[..., Package], method: str) -> None:
    assert isinstance(served(load(a=f"{HEAD}func (t T) {method}\n"))[0], RpcMethod)


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("Get(a Args) error", "it takes 1 parameters"),
        ("Get(a, b, c *int) error", "it takes 3 parameters"),
        ("Get(a Args, b int) error", "its reply is no pointer"),
        ("Get(a Args, b *int)", "it does not return an error alone"),
        ("Get(a Args, b *int) Own", "it does not return an error alone"),
        ("Get(a Args, b *int) (int, error)", "it does not return an error alone"),
        ("Get(a args, b *int) error", "its type a.args is not exported"),
        ("Get(a Args, b *args) error", "its type a.args is not exported"),
    ],
)
def test_method_of_another_form_is_not(
    load: Callable[..., Package], method: str, reason: str
) -> None:
    found = served(load(a=f"{HEAD}func (t T) {method}\n"))[0]
    assert isinstance(found, Unfit)
    assert found.reason == reason


def test_method_that_is_not_exported_is_passed_over(load: Callable[..., Package]) -> None:
    assert served(load(a=f"{HEAD}func (t T) get(a Args, b *int) error\n")) == []


def test_method_of_a_pointer_is_not_served_for_a_value(load: Callable[..., Package]) -> None:
    package = load(a=f"{HEAD}func (t *T) Get(a Args, b *int) error\n")
    assert isinstance(served(package, by_pointer=False)[0], Unfit)


@pytest.mark.parametrize("context", ["*context.Context", "context.Context"])
def test_context_before_the_arguments_does_not_count(
    load: Callable[..., Package], context: str
) -> None:
    text = HEAD.replace("package a", 'package a\nimport "context"')
    found = served(load(a=f"{text}func (t T) Get(c {context}, a Args, b *int) error\n"))[0]
    assert isinstance(found, RpcMethod)


def test_embedded_type_that_is_not_there_is_told(load: Callable[..., Package]) -> None:
    text = 'package a\nimport "example.com/far"\ntype T struct{ Inner }\n'
    package = load(a=f"{text}type Inner struct{{ Name far.Name; *far.Base }}\n")
    named = NamedType(package, *package.types["T"])
    found = list(Methods(Resolver(Packages())).unknown_bases(named))
    assert [missing.name for missing, _ in found] == ["far.Base"]
