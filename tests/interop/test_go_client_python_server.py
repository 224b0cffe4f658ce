"""A stock Go client against the Python server, with either API."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.apis import APIS, Api
from tests.support.timeouts import TIMEOUT_S

from .gopeer import Answer, GoClient

MEBIBYTE = 1 << 20


def refused(text: str) -> Answer:
    """Return how a call ends that the server answers with this error."""
    return Answer(error=text, kind="rpc.ServerError")


def test_call_returns_the_reply(go_client: GoClient) -> None:
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_call_returns_a_message(go_client: GoClient) -> None:
    assert go_client.call("Arith.Divide", {"A": 17, "B": 8}) == Answer({"Quo": 2, "Rem": 1})


def test_call_takes_zeros_that_go_leaves_out(go_client: GoClient) -> None:
    assert go_client.call("Arith.Divide", {"A": 0, "B": 8}) == Answer({"Quo": 0, "Rem": 0})


def test_call_again_and_again_on_one_connection(go_client: GoClient) -> None:
    answers = [go_client.call("Arith.Multiply", {"A": n, "B": -n}) for n in range(100)]
    assert answers == [Answer(-n * n) for n in range(100)]


def test_call_over_a_unix_socket(
    api: Api, go_clients: Callable[..., GoClient], tmp_path: Path
) -> None:
    with api.serve(f"unix://{tmp_path}/rpc.sock") as address:
        client = go_clients(address, "unix")
        assert client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_several_clients_at_once(go_clients: Callable[..., GoClient], python_server: str) -> None:
    clients = [go_clients(python_server) for _ in range(3)]
    assert [client.flood(100) for client in clients] == [Answer(100)] * 3


def test_exception_is_an_error_with_its_text(go_client: GoClient) -> None:
    assert go_client.call("Arith.Divide", {"A": 1, "B": 0}) == refused("divide by zero")


def test_exception_leaves_the_connection_usable(go_client: GoClient) -> None:
    go_client.call("Arith.Divide", {"A": 1, "B": 0})
    assert go_client.call("Arith.Divide", {"A": 17, "B": 8}) == Answer({"Quo": 2, "Rem": 1})


def test_exception_without_text_is_an_error_with_the_name_of_its_class(
    go_client: GoClient,
) -> None:
    assert go_client.call("Probe.Fail", "") == refused("TextlessError")


@pytest.mark.parametrize("text", [" ", "\n", "nil", "größer als 世界", "x" * 100_000])
def test_error_text_arrives_as_it_is(go_client: GoClient, text: str) -> None:
    assert go_client.call("Probe.Fail", text) == refused(text)


def test_exception_is_logged_with_its_traceback(
    go_client: GoClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "rpcgen"):
        go_client.call("Arith.Divide", {"A": 1, "B": 0})
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Nope.Nope", "rpc: can't find service Nope.Nope"),
        ("Arith.Nope", "rpc: can't find method Arith.Nope"),
        ("Arith.multiply", "rpc: can't find method Arith.multiply"),
        ("Nope", "rpc: service/method request ill-formed: Nope"),
        ("A.B.C", "rpc: can't find service A.B.C"),
        ("", "rpc: service/method request ill-formed: "),
    ],
)
def test_unknown_name_is_refused_with_the_text_of_go(
    go_client: GoClient, name: str, text: str
) -> None:
    assert go_client.call(name, {"A": 1, "B": 2}) == refused(text)


def test_unknown_name_leaves_the_connection_usable(go_client: GoClient) -> None:
    go_client.call("Nope.Nope", {"A": 1, "B": 2})
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


@pytest.mark.parametrize("odd", ["string", "wrong field", "no field"])
def test_args_of_a_wrong_type_are_refused(go_client: GoClient, odd: str) -> None:
    answer = go_client.call("Arith.Multiply", None, name=odd)
    assert (answer.kind, answer.reply) == ("rpc.ServerError", None)


@pytest.mark.parametrize("odd", ["string", "wrong field", "no field"])
def test_args_of_a_wrong_type_leave_the_connection_usable(go_client: GoClient, odd: str) -> None:
    go_client.call("Arith.Multiply", None, name=odd)
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


@pytest.mark.parametrize(
    ("odd", "product"), [("extra field", 56), ("small field", 56), ("empty", 0)]
)
def test_args_of_a_type_that_fits_are_taken(go_client: GoClient, odd: str, product: int) -> None:
    assert go_client.call("Arith.Multiply", None, name=odd) == Answer(product)


def test_fields_are_matched_by_name(go_client: GoClient) -> None:
    order = {"Number": 4, "Comment": "y", "Tags": ["t"], "Prices": {"apple": 1.5}}
    answer = go_client.call("Probe.Reorder", order)
    assert answer.reply == {
        "Tags": ["first", "second"],
        "Origin": {"X": 1, "Y": 2},
        "Prices": None,
        "Comment": "",
        "Number": 5,
    }


def test_reply_that_does_not_fit_its_schema_is_an_error(go_client: GoClient) -> None:
    assert go_client.call("Probe.Unencodable", 1).kind == "rpc.ServerError"


def test_reply_that_does_not_fit_its_schema_leaves_the_connection_usable(
    go_client: GoClient,
) -> None:
    go_client.call("Probe.Unencodable", 1)
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


def test_replies_come_out_of_order(go_client: GoClient) -> None:
    go_client.go("first", "Probe.Wait", "a")
    go_client.go("second", "Probe.Wait", "b")
    go_client.call("Probe.Release", "b")
    late = go_client.done()
    go_client.call("Probe.Release", "a")
    assert [late.name, go_client.done().name] == ["second", "first"]


def test_calls_of_one_connection_run_side_by_side(go_client: GoClient) -> None:
    for number in range(20):
        go_client.go(str(number), "Probe.Wait", "gate")
    assert go_client.call("Probe.Arrived", {"Gate": "gate", "Count": 20}) == Answer(20)


def test_calls_of_two_connections_run_side_by_side(
    go_clients: Callable[..., GoClient], python_server: str
) -> None:
    waiting, other = go_clients(python_server), go_clients(python_server)
    waiting.go("waits", "Probe.Wait", "gate")
    other.call("Probe.Release", "gate")
    assert waiting.done() == Answer("gate", name="waits")


def test_thousand_calls_in_flight_on_one_connection(go_client: GoClient) -> None:
    assert go_client.flood(1000) == Answer(1000)


@pytest.mark.parametrize("size", [0, 1, 65_536, 10 * MEBIBYTE])
def test_bytes_go_there_and_back(go_client: GoClient, size: int) -> None:
    assert go_client.echo(size) == Answer(size)


def test_half_closed_client_gets_its_replies(
    go_clients: Callable[..., GoClient], python_server: str
) -> None:
    client, other = go_clients(python_server), go_clients(python_server)
    for name in ("a", "b"):
        client.go(name, "Probe.Wait", "gate")
    other.call("Probe.Arrived", {"Gate": "gate", "Count": 2})
    client.half_close()
    other.call("Probe.Release", "gate")
    assert {client.done().name, client.done().name} == {"a", "b"}


def test_half_closed_connection_ends_after_its_replies(
    go_clients: Callable[..., GoClient], python_server: str
) -> None:
    client, other = go_clients(python_server), go_clients(python_server)
    client.go("waits", "Probe.Wait", "gate")
    other.call("Probe.Arrived", {"Gate": "gate", "Count": 1})
    client.half_close()
    other.call("Probe.Release", "gate")
    client.done()
    # Whether the write fails or the end of the stream is seen first, the call cannot go through.
    assert client.call("Arith.Multiply", {"A": 7, "B": 8}).error != ""


def test_client_that_leaves_does_not_disturb_the_others(
    go_clients: Callable[..., GoClient], python_server: str
) -> None:
    client, other = go_clients(python_server), go_clients(python_server)
    client.go("waits", "Probe.Wait", "gate")
    other.call("Probe.Arrived", {"Gate": "gate", "Count": 1})
    client.kill()
    other.call("Probe.Release", "gate")
    assert other.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)


@contextmanager
def server_process(api: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a Python server in a process of its own; yield its address and the process."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.interop.serve", api],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()
            process.wait(TIMEOUT_S)


@pytest.mark.parametrize("api", sorted(APIS))
def test_killed_server_fails_every_pending_call(
    api: str, go_clients: Callable[..., GoClient]
) -> None:
    with server_process(api) as (address, process):
        client = go_clients(address)
        for number in range(20):
            client.go(str(number), "Probe.Wait", "gate")
        client.call("Probe.Arrived", {"Gate": "gate", "Count": 20})
        process.kill()
        errors = {client.done().error for _ in range(20)}
    assert errors == {"unexpected EOF"}


@pytest.mark.parametrize("api", sorted(APIS))
def test_killed_server_fails_later_calls(api: str, go_clients: Callable[..., GoClient]) -> None:
    with server_process(api) as (address, process):
        client = go_clients(address)
        client.go("waits", "Probe.Wait", "gate")
        client.call("Probe.Arrived", {"Gate": "gate", "Count": 1})
        process.kill()
        client.done()
        error = client.call("Arith.Multiply", {"A": 7, "B": 8}).error
    assert error == "connection is shut down"


def test_server_that_ends_is_seen_by_its_clients(
    api: Api, go_clients: Callable[..., GoClient]
) -> None:
    with api.serve("tcp://127.0.0.1:0") as address:
        client = go_clients(address)
        assert client.call("Arith.Multiply", {"A": 7, "B": 8}) == Answer(56)
    assert client.call("Arith.Multiply", {"A": 7, "B": 8}).error in {
        "unexpected EOF",
        "connection is shut down",
    }
