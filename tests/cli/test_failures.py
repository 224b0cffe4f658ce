"""Tests of `rpcgen.cli.failures`."""

from __future__ import annotations

import pytest

from rpcgen import (
    CallTimeoutError,
    Code,
    DeadlineExceededError,
    DecodeError,
    DialError,
    DisconnectedError,
    EncodeError,
    RpcError,
    ServerError,
)
from rpcgen.cli.failures import FAILED, UNREACHABLE, USAGE, Failure, failure_of


def unavailable(text: str) -> RpcError:
    """Return an error of a channel that has no connection."""
    error = RpcError(text)
    error.code = Code.UNAVAILABLE
    return error


@pytest.mark.parametrize(
    ("error", "status", "said", "hint"),
    [
        (DialError("x: Connection refused"), UNREACHABLE, "x: Connection", "is the server running"),
        (DialError("malformed HTTP response"), UNREACHABLE, "malformed", "try tcp://"),
        (DialError("unexpected HTTP response: 404"), UNREACHABLE, "404", "another path"),
        (DialError("[SSL: CERTIFICATE_VERIFY_FAILED]"), UNREACHABLE, "SSL", "--ca FILE"),
        (DialError("something else"), UNREACHABLE, "something else", ""),
        (DisconnectedError(), UNREACHABLE, "server at x has hung up", "--codec json"),
        (DeadlineExceededError("late"), UNREACHABLE, "DEADLINE_EXCEEDED: late", "--timeout"),
        (CallTimeoutError("late"), UNREACHABLE, "DEADLINE_EXCEEDED: late", "--timeout"),
        (ServerError("no", code=Code.NOT_FOUND), FAILED, "NOT_FOUND: no", ""),
        (ServerError("rpc: can't find service A.B"), FAILED, "UNKNOWN: rpc", "rpcgen list x"),
        (ServerError("gob: type mismatch"), FAILED, "UNKNOWN: gob", "--idl FILE"),
        (ServerError("no", code=Code.UNAUTHENTICATED), FAILED, "UNAUTH", "--metadata"),
        (EncodeError("no int", "A"), USAGE, "do not fit: A: no int", ""),
        (DecodeError("no int"), FAILED, "answer cannot be read: no int", "is that the codec"),
        (RpcError("what"), FAILED, "what", ""),
        (unavailable("no server is known"), UNREACHABLE, "no server is known", ""),
        (ServerError("draining", code=Code.UNAVAILABLE), FAILED, "UNAVAILABLE: draining", ""),
    ],
)
def test_error_has_a_status_and_a_hint(error: RpcError, status: int, said: str, hint: str) -> None:
    failure = failure_of(error, "x")
    assert (failure.status, said in failure.message) == (status, True)
    assert hint in failure.hint if hint else not failure.hint


def test_failure_is_shown_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Failure("no \x1b[2J", "try \x07").show()
    assert capsys.readouterr() == ("", "rpcgen: error: no \\x1b[2J\n    hint: try \\x07\n")


def test_failure_without_a_hint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Failure("no").show()
    assert capsys.readouterr().err == "rpcgen: error: no\n"
