from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from rpcgen.errors import RpcError
from rpcgen.protocol.server_interceptors import ServerCall, checked_interceptors, intercepted

from .messages import DOUBLE

Req = TypeVar("Req")
Res = TypeVar("Res")


def handle(number: int) -> int:
    return 2 * number


def noting(name: str, notes: list[str]) -> Callable[..., Any]:
    def note(call: ServerCall[Req, Res], proceed: Callable[[ServerCall[Req, Res]], Res]) -> Res:
        notes.append(f"{name} {call.method.name} {call.args}")
        reply = proceed(call)
        notes.append(f"{name} {reply}")
        return reply

    return note


def test_first_interceptor_is_outermost() -> None:
    notes: list[str] = []
    function = intercepted(DOUBLE, [noting("a", notes), noting("b", notes)], handle)
    assert function(4) == 8
    assert notes == ["a Math.Double 4", "b Math.Double 4", "b 8", "a 8"]


def test_interceptor_may_change_the_arguments() -> None:
    def change(call: ServerCall[int, int], proceed: Callable[[ServerCall[int, int]], int]) -> int:
        call.args += 1
        return proceed(call)

    assert intercepted(DOUBLE, [change], handle)(4) == 10


def test_interceptor_may_answer_itself() -> None:
    def answer(call: ServerCall[int, int], proceed: Callable[[ServerCall[int, int]], int]) -> int:
        return 7

    assert intercepted(DOUBLE, [answer], handle)(4) == 7


def test_interceptor_sees_the_exception() -> None:
    seen: list[str] = []

    def look(call: ServerCall[int, int], proceed: Callable[[ServerCall[int, int]], int]) -> int:
        try:
            return proceed(call)
        except ZeroDivisionError as error:
            seen.append(str(error))
            raise

    with pytest.raises(ZeroDivisionError):
        intercepted(DOUBLE, [look], lambda number: number // 0)(4)
    assert len(seen) == 1


def test_context_outside_of_a_call_raises() -> None:
    with pytest.raises(RpcError, match="no call is handled here"):
        _ = ServerCall(DOUBLE, 4).context


async def of_asyncio(call: object, proceed: object) -> None:
    """Do nothing."""


class OfAsyncio:
    async def __call__(self, call: object, proceed: object) -> None:
        """Do nothing."""


@pytest.mark.parametrize("interceptor", [of_asyncio, OfAsyncio()])
def test_interceptor_of_the_other_api_is_refused(interceptor: object) -> None:
    assert checked_interceptors([interceptor], is_async=True) == (interceptor,)
    with pytest.raises(TypeError, match="is not a plain function"):
        checked_interceptors([interceptor], is_async=False)


def test_plain_interceptor_is_refused_by_asyncio() -> None:
    with pytest.raises(TypeError, match="is not an async def"):
        checked_interceptors([noting("a", [])], is_async=True)


def test_interceptor_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be called"):
        checked_interceptors([3], is_async=False)
