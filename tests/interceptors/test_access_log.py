"""A line in the log for each call, over both APIs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import pytest

import rpcgen
from generated.arith import Args, ArithClient, AsyncArithClient, register_arith
from rpcgen import RpcError, ServerError, aio
from rpcgen.interceptors import AccessLog, AsyncAccessLog
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

ADDRESS = "tcp://127.0.0.1:0"


def call_with_threads(
    args: Args, level: int = logging.INFO, failure_level: int = logging.WARNING
) -> None:
    server = rpcgen.Server(interceptors=[AccessLog(level=level, failure_level=failure_level)])
    register_arith(server, Calculator())
    listener = server.listen(ADDRESS)
    with server, ArithClient.dial(listener.address) as arith, suppress(RpcError):
        arith.divide(args, metadata={"traceparent": "00-1-2-01"}, timeout=TIMEOUT_S)


def call_on_asyncio(
    args: Args, level: int = logging.INFO, failure_level: int = logging.WARNING
) -> None:
    async def call() -> None:
        server = aio.Server(interceptors=[AsyncAccessLog(level=level, failure_level=failure_level)])
        register_arith(server, Calculator())
        listener = await server.listen(ADDRESS)
        async with server, AsyncArithClient.dial(listener.address) as arith:
            with suppress(RpcError):
                await arith.divide(args, metadata={"traceparent": "00-1-2-01"})

    asyncio.run(call())


Call = Callable[..., None]


@pytest.fixture(params=[call_with_threads, call_on_asyncio], ids=["threads", "asyncio"])
def call(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Call:
    caplog.set_level(logging.DEBUG, "rpcgen.access")
    function: Call = request.param
    return function


def access(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    (record,) = (each for each in caplog.records if each.name == "rpcgen.access")
    return record


def test_call_that_goes_well_is_logged(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 2))
    record = access(caplog)
    assert (record.levelno, vars(record)["rpc_code"], vars(record)["rpc_error"]) == (
        logging.INFO,
        "OK",
        "",
    )


def test_call_that_fails_is_a_warning(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 0))
    record = access(caplog)
    assert (record.levelno, vars(record)["rpc_code"], vars(record)["rpc_error"]) == (
        logging.WARNING,
        "UNKNOWN",
        "divide by zero",
    )


def test_record_names_the_method_and_the_peer(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 2))
    fields = vars(access(caplog))
    assert (fields["rpc_method"], fields["rpc_peer"][:10]) == ("Arith.Divide", "127.0.0.1:")


def test_record_has_the_trace_of_the_call(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 2))
    assert vars(access(caplog))["rpc_traceparent"] == "00-1-2-01"


def test_message_can_be_read(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 2))
    assert access(caplog).getMessage().startswith("Arith.Divide from 127.0.0.1:")


def test_levels_can_be_chosen(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 0), failure_level=logging.ERROR)
    assert access(caplog).levelno == logging.ERROR


def test_nothing_is_made_where_nobody_listens(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    call(Args(7, 2), level=logging.DEBUG - 1)
    assert [each for each in caplog.records if each.name == "rpcgen.access"] == []


def test_code_is_that_of_the_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "rpcgen.access")

    class Failing(Calculator):
        def multiply(self, args: Args) -> int:
            raise ServerError("not now", code=rpcgen.Code.ABORTED)

    server = rpcgen.Server(interceptors=[AccessLog()])
    register_arith(server, Failing())
    listener = server.listen(ADDRESS)
    with server, ArithClient.dial(listener.address) as arith, pytest.raises(ServerError):
        arith.multiply(Args(1, 2))
    assert vars(access(caplog))["rpc_code"] == "ABORTED"
