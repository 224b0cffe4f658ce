from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from rpcgen.errors import RegisterError, SchemaError
from rpcgen.method import Method
from rpcgen.protocol import Registry, UnknownMethodError

from .messages import DOUBLE, SUM


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    registry.register_name("Math", [SUM.handler(lambda pair: pair.a + pair.b)])
    return registry


def test_find_returns_the_method(registry: Registry) -> None:
    assert registry.find("Math.Sum").request is SUM.request


def test_find_service_with_dots_in_its_name(registry: Registry) -> None:
    registry.register_name("a.b", [DOUBLE.handler(abs)])
    assert registry.find("a.b.Double").function is abs


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Math.Nope", "rpc: can't find method Math.Nope"),
        ("Math.", "rpc: can't find method Math."),
        ("Math.sum", "rpc: can't find method Math.sum"),
        ("Nope.Sum", "rpc: can't find service Nope.Sum"),
        (".Sum", "rpc: can't find service .Sum"),
        ("Math", "rpc: service/method request ill-formed: Math"),
    ],
)
def test_find_something_unknown(registry: Registry, name: str, text: str) -> None:
    with pytest.raises(UnknownMethodError) as caught:
        registry.find(name)
    assert str(caught.value) == text


class MathService:
    """What a generated base class does."""

    def _register_with(self, server: Registry) -> None:
        server.register_name("Doubles", [DOUBLE.handler(abs)])


def test_register_takes_an_implementation_of_a_generated_base(registry: Registry) -> None:
    registry.register(MathService())
    assert registry.find("Doubles.Double").function is abs


def test_register_twice(registry: Registry) -> None:
    registry.register(MathService())
    with pytest.raises(RegisterError, match=r"^rpc: service already defined: Doubles$"):
        registry.register(MathService())


def test_register_something_else(registry: Registry) -> None:
    with pytest.raises(
        RegisterError,
        match=r"^rpc\.Register: type int has no exported methods of suitable type",
    ):
        registry.register(3)  # type: ignore[arg-type]


def test_register_name_names_the_methods(registry: Registry) -> None:
    registry.register_name("Other", [SUM.handler(lambda pair: 0), DOUBLE.handler(abs)])
    assert list(registry.services[1].methods) == ["Sum", "Double"]


def test_register_name_twice(registry: Registry) -> None:
    with pytest.raises(RegisterError, match=r"^rpc: service already defined: Math$"):
        registry.register_name("Math", [DOUBLE.handler(abs)])


def test_register_name_twice_keeps_the_first(registry: Registry) -> None:
    with pytest.raises(RegisterError):
        registry.register_name("Math", [DOUBLE.handler(abs)])
    assert list(registry.services[0].methods) == ["Sum"]


def test_register_name_without_methods(registry: Registry) -> None:
    with pytest.raises(
        RegisterError,
        match=r"^rpc\.Register: type None has no exported methods of suitable type$",
    ):
        registry.register_name("None", [])


def test_register_name_without_name(registry: Registry) -> None:
    with pytest.raises(RegisterError, match=r"^rpc\.Register: no service name for type"):
        registry.register_name("", [DOUBLE.handler(abs)])


def test_register_name_type_that_cannot_travel(registry: Registry) -> None:
    with pytest.raises(SchemaError):
        registry.register_name("Sets", [Method[bytearray, int]("Sets.Len").handler(len)])


async def double_later(number: int) -> int:
    return 2 * number


async def doubles(number: int) -> AsyncIterator[int]:
    yield 2 * number


class Later:
    async def __call__(self, number: int) -> int:
        return 2 * number

    async def double(self, number: int) -> int:
        return 2 * number

    @staticmethod
    async def static(number: int) -> int:
        return 2 * number


class Now:
    async def double(self, number: int) -> int:
        return 2 * number

    def __call__(self, number: int) -> int:
        return 2 * number


@pytest.mark.parametrize(
    "function",
    [
        double_later,
        doubles,
        Later(),
        Later().double,
        Later.static,
        partial(double_later),
        partial(partial(Later().double)),
        partial(Later()),
    ],
)
def test_async_def_that_is_handed_over_as_a_plain_function(function: Any) -> None:
    method = Method[int, int]("Later.Double")
    with pytest.raises(TypeError, match=r"Later\.Double is an async def.* async_handler"):
        Registry().register_name("Later", [method.handler(function)])


@pytest.mark.parametrize("function", [Now(), partial(Now()), lambda number: number, int, Now])
def test_plain_function_is_registered(function: Any) -> None:
    Registry().register_name("Now", [Method[int, int]("Now.Double").handler(function)])


def test_async_def_that_is_refused_leaves_the_name_free() -> None:
    registry = Registry()
    method = Method[int, Any]("Later.Double")
    with pytest.raises(RegisterError):
        registry.register_name("Later", [method.handler(double_later)])
    registry.register_name("Later", [method.async_handler(double_later)])
    assert registry.find("Later.Double").is_async
