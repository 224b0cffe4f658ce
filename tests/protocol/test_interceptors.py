"""Interceptors of a client, as far as both APIs have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rpcgen.protocol.call_options import NO_OPTIONS, CallSettings
from rpcgen.protocol.interceptors import ClientCall, chain, checked_interceptors

from .messages import SUM, Pair

Proceed = Callable[[ClientCall[Any, Any]], Any]


def call(settings: CallSettings = NO_OPTIONS) -> ClientCall[Pair, int]:
    return ClientCall.of(SUM, Pair(1, 2), settings)


def adding(text: str) -> Callable[[ClientCall[Any, Any], Proceed], Any]:
    def add(call: ClientCall[Any, Any], proceed: Proceed) -> Any:
        return f"{text}({proceed(call)})"

    return add


def test_chain_of_none_is_the_call() -> None:
    assert chain([], lambda call: call.method.name)(call()) == "Math.Sum"


def test_chain_has_the_first_outermost() -> None:
    assert chain([adding("a"), adding("b")], lambda _: "x")(call()) == "a(b(x))"


def test_chain_can_proceed_again() -> None:
    calls: list[ClientCall[Any, Any]] = []

    def twice(call: ClientCall[Any, Any], proceed: Proceed) -> Any:
        proceed(call)
        return proceed(call)

    chain([twice], calls.append)(call())
    assert len(calls) == 2


def test_call_of_no_options_has_none() -> None:
    assert call().settings is NO_OPTIONS


def test_call_has_the_settings() -> None:
    settings = CallSettings(5.0, {"a": "1"}, True, "k")
    assert call(settings).settings == settings


def test_settings_are_those_of_the_call_as_it_stands() -> None:
    changed = call(CallSettings(5.0))
    changed.deadline = None
    changed.metadata["a"] = "1"
    assert changed.settings == CallSettings(None, {"a": "1"})


def test_settings_check_metadata() -> None:
    changed = call()
    changed.metadata["A"] = "1"
    with pytest.raises(ValueError, match="'A'"):
        _ = changed.settings


def test_metadata_of_a_call_is_its_own() -> None:
    settings = CallSettings(metadata={"a": "1"})
    call(settings).metadata["b"] = "2"
    assert settings.metadata == {"a": "1"}


def test_checked_interceptors_takes_functions() -> None:
    assert len(checked_interceptors([adding("a")])) == 1


async def coroutine_function(call: object, proceed: object) -> None:
    pass


class CoroutineObject:
    async def __call__(self, call: object, proceed: object) -> None:
        pass


@pytest.mark.parametrize("interceptor", [coroutine_function, CoroutineObject()])
def test_checked_interceptors_refuses_those_of_asyncio(interceptor: object) -> None:
    with pytest.raises(TypeError, match="write a plain one"):
        checked_interceptors([interceptor])


def test_checked_interceptors_refuses_what_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="5 cannot be called"):
        checked_interceptors([5])
