from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from rpcgen.code import Code
from rpcgen.errors import DeadlineExceededError, ServerError
from rpcgen.logs import client_log, log_failure, server_log
from rpcgen.method import Method
from rpcgen.protocol import Invocation, Registry, Request
from rpcgen.protocol.context import CallContext

SUM = Method[int, int]("Math.Sum")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a handler of the program writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def invocation() -> Invocation:
    registry = Registry()
    registry.register_name("Math", [SUM.handler(lambda number: number)])
    return Invocation(Request("Math.Sum", 0), registry.find("Math.Sum"), 1)


@pytest.mark.parametrize("log", [server_log, client_log])
def test_argument_stays_on_its_line(log: logging.Logger, stream: io.StringIO) -> None:
    log.warning("from %s", "x\n2026-01-01 CRITICAL root logged in\x1b[31m")
    assert stream.getvalue() == "from x\\n2026-01-01 CRITICAL root logged in\\x1b[31m\n"


def test_record_that_is_harmless_keeps_its_arguments(caplog: pytest.LogCaptureFixture) -> None:
    server_log.warning("from %s", "x")
    assert caplog.records[0].args == ("x",)


def fail(text: str) -> None:
    raise ValueError(text)


def test_text_of_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    try:
        fail("x\n2026-01-01 CRITICAL\x1b[31m")
    except ValueError:
        server_log.exception("failed")
    assert stream.getvalue().endswith("\nValueError: x\\n2026-01-01 CRITICAL\\x1b[31m\n")


def test_text_of_a_cause_stays_on_its_line(stream: io.StringIO) -> None:
    try:
        try:
            fail("x\ny")
        except ValueError as error:
            raise RuntimeError("u\nv") from error
    except RuntimeError:
        server_log.exception("failed")
    assert "\nValueError: x\\ny\n\nThe above exception" in stream.getvalue()
    assert stream.getvalue().endswith("\nRuntimeError: u\\nv\n")


def test_text_in_a_group_of_exceptions_stays_on_its_line(stream: io.StringIO) -> None:
    try:
        raise ExceptionGroup("several", [ValueError("x\n2026")])
    except ExceptionGroup:
        server_log.exception("failed")
    assert "\n2026" not in stream.getvalue()


def test_note_of_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    error = ValueError("x")
    error.add_note("y\n2026-01-01 CRITICAL")
    server_log.error("failed", exc_info=RuntimeError("u"))
    server_log.error("failed", exc_info=ExceptionGroup("several", [error]))
    assert "y\\n2026-01-01 CRITICAL\n" in stream.getvalue()


def test_exception_is_there_for_handlers_that_want_it(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("x\ny")
    server_log.error("failed", exc_info=error)
    assert caplog.records[0].exc_info is not None
    assert caplog.records[0].exc_info[1] is error


def test_log_failure_names_the_method_and_the_peer(caplog: pytest.LogCaptureFixture) -> None:
    log_failure(invocation(), ValueError("no"), "10.0.0.1:55")
    assert caplog.records[0].getMessage() == "Math.Sum failed, called by 10.0.0.1:55"
    assert "ValueError: no" in caplog.text


def test_log_failure_of_an_error_on_purpose_is_quiet(caplog: pytest.LogCaptureFixture) -> None:
    log_failure(invocation(), ServerError("no such key"), "10.0.0.1:55")
    assert caplog.records == []


def test_call_of_a_handler_that_ends_with_its_caller_is_no_accident(
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = invocation()
    call.context = CallContext(call.request)
    call.context.cancel(Code.CANCELLED)
    log_failure(call, DeadlineExceededError("late"), "a peer")
    assert caplog.records == []


def test_deadline_of_a_handler_of_its_own_is_an_accident(caplog: pytest.LogCaptureFixture) -> None:
    call = invocation()
    call.context = CallContext(call.request)
    log_failure(call, DeadlineExceededError("late"), "a peer")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
