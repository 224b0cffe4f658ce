"""JSON-RPC, with either API: Python against stock Go's ``net/rpc/jsonrpc``, both ways."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args, Quotient
from rpcgen import EncodeError, Method, ServerError
from tests.support.apis import Api, ApiClient
from tests.support.errors import error_of
from tests.support.services import (
    ARRIVED,
    ECHO,
    FAIL,
    RELEASE,
    REORDER,
    WAIT,
    Arrival,
    OrderIn,
    OrderOut,
    Place,
)
from tests.support.sockets import connect
from tests.support.timeouts import TIMEOUT_S

from .gopeer import GoClient, GoServer

# Gates stay open once they are, so every test has its own.
_numbers = itertools.count()


@pytest.fixture
def gate() -> str:
    return f"json gate {next(_numbers)}"


@pytest.fixture
def client(api: Api, go_server: GoServer) -> Iterator[ApiClient]:
    """A Python client of the stock Go server."""
    with api.dial(go_server.json, codec="json") as client:
        yield client


@pytest.fixture
def python_server(api: Api) -> Iterator[str]:
    """The address of a Python server."""
    with api.serve("tcp://127.0.0.1:0", codec="json") as address:
        yield address


@pytest.fixture
def go_client(go_clients: Callable[..., GoClient], python_server: str) -> GoClient:
    """A stock Go client of the Python server."""
    return go_clients(python_server, "tcp", "json")


# --- the Python client --------------------------------------------------------------------------


def test_call_returns_the_reply(client: ApiClient) -> None:
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_call_returns_a_message(client: ApiClient) -> None:
    assert client.call(ARITH_DIVIDE, Args(17, 8)) == Quotient(quo=2, rem=1)


def test_error_of_the_method_has_its_text(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_DIVIDE, Args(1, 0)))
    assert (type(error), str(error)) == (ServerError, "divide by zero")


@pytest.mark.parametrize("text", [" ", "\n", "<&>\u2028", "größer als 世界", "x" * 100_000])
def test_error_text_arrives_as_it_is(client: ApiClient, text: str) -> None:
    assert str(error_of(lambda: client.call(FAIL, text))) == text


def test_error_without_text_is_no_error_in_go(client: ApiClient) -> None:
    assert client.call(FAIL, "") == 0


def test_unknown_method_is_refused_with_the_text_of_go(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[Args, int]("Arith.Nope"), Args(1, 2)))
    assert str(error) == "rpc: can't find method Arith.Nope"


def test_args_of_a_wrong_type_are_refused_by_go(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[str, int]("Arith.Multiply"), "text"))
    assert str(error) == "json: cannot unmarshal string into .0 of type main.Args"


def test_args_of_a_wrong_type_leave_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(Method[str, int]("Arith.Multiply"), "text"))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_args_that_cannot_be_encoded_fail_their_call(client: ApiClient) -> None:
    assert isinstance(error_of(lambda: client.call(ARITH_MULTIPLY, Args(2**63, 0))), EncodeError)


def test_args_that_cannot_be_encoded_leave_the_connection_usable(client: ApiClient) -> None:
    error_of(lambda: client.call(ARITH_MULTIPLY, Args(2**63, 0)))
    assert client.call(ARITH_MULTIPLY, Args(7, 8)) == 56


def test_replies_out_of_order_find_their_calls(client: ApiClient, gate: str) -> None:
    first = client.go(WAIT, f"{gate} a")
    second = client.go(WAIT, f"{gate} b")
    client.call(RELEASE, f"{gate} b")
    late = [second.result()]
    client.call(RELEASE, f"{gate} a")
    assert [first.result(), *late] == [f"{gate} a", f"{gate} b"]


def test_hundreds_of_calls_in_flight_get_their_own_replies(client: ApiClient) -> None:
    calls = [client.go(ARITH_MULTIPLY, Args(n, n + 1)) for n in range(500)]
    assert [call.result() for call in calls] == [n * (n + 1) for n in range(500)]


def test_gates_are_counted_by_go(client: ApiClient, gate: str) -> None:
    calls = [client.go(WAIT, gate) for _ in range(10)]
    arrived = client.call(ARRIVED, Arrival(gate, 10))
    client.call(RELEASE, gate)
    assert (arrived, [call.result() for call in calls]) == (10, [gate] * 10)


@pytest.mark.parametrize("size", [0, 1, 65_536, 3 << 20])
def test_bytes_go_there_and_back(client: ApiClient, size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    assert client.call(ECHO, data[:size]) == data[:size]


def test_fields_are_matched_by_name(client: ApiClient) -> None:
    reply = client.call(REORDER, OrderIn(number=4, only_here="x", comment="y"))
    assert reply == OrderOut("default", 5, Place(1, 2), ["first", "second"])


# --- the Python server --------------------------------------------------------------------------


def test_go_gets_the_reply(go_client: GoClient) -> None:
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}).reply == 56


def test_go_gets_a_message(go_client: GoClient) -> None:
    assert go_client.call("Arith.Divide", {"A": 17, "B": 8}).reply == {"Quo": 2, "Rem": 1}


def test_go_gets_the_error(go_client: GoClient) -> None:
    answer = go_client.call("Arith.Divide", {"A": 1, "B": 0})
    assert (answer.error, answer.kind) == ("divide by zero", "rpc.ServerError")


def test_go_is_told_of_an_unknown_service(go_client: GoClient) -> None:
    answer = go_client.call("Nope.Nope", {"A": 1, "B": 0})
    assert answer.error == "rpc: can't find service Nope.Nope"


def test_go_goes_on_after_an_error(go_client: GoClient) -> None:
    go_client.call("Nope.Nope", {"A": 1, "B": 0})
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}).reply == 56


def test_go_goes_on_after_a_reply_that_cannot_be_encoded(go_client: GoClient) -> None:
    go_client.call("Probe.Unencodable", 1)
    assert go_client.call("Arith.Multiply", {"A": 7, "B": 8}).reply == 56


def test_go_is_told_of_fields_of_a_wrong_type(go_client: GoClient) -> None:
    answer = go_client.call("Arith.Multiply", None, name="wrong field")
    assert answer.error == "json: cannot unmarshal string into Go struct field .0.A of type int"


@pytest.mark.parametrize(
    ("name", "product"), [("extra field", 56), ("small field", 56), ("empty", 0), ("no field", 0)]
)
def test_odd_args_of_go_are_taken(go_client: GoClient, name: str, product: int) -> None:
    assert go_client.call("Arith.Multiply", None, name=name).reply == product


def test_go_has_hundreds_of_calls_in_flight(go_client: GoClient) -> None:
    assert go_client.flood(500).reply == 500


def test_go_gets_its_bytes_back(go_client: GoClient) -> None:
    assert go_client.echo(1 << 20).reply == 1 << 20


def test_go_gets_replies_in_the_order_of_completion(go_client: GoClient, gate: str) -> None:
    go_client.go("first", "Probe.Wait", gate)
    go_client.call("Probe.Arrived", {"Gate": gate, "Count": 1})
    go_client.go("second", "Arith.Multiply", {"A": 1, "B": 1})
    names = [go_client.done().name]
    go_client.call("Probe.Release", gate)
    assert [*names, go_client.done().name] == ["second", "first"]


# --- the same bytes -----------------------------------------------------------------------------

# Each is sent to a server by itself, followed by a good request.
REQUESTS = {
    "a request": b'{"method":"Arith.Multiply","params":[{"A":7,"B":8}],"id":0}',
    "a message as the reply": b'{"method":"Arith.Divide","params":[{"A":7,"B":8}],"id":0}',
    "an error": b'{"method":"Arith.Divide","params":[{"A":7,"B":0}],"id":0}',
    "an error to be escaped": '{"method":"Probe.Fail","params":["<&>\u2028é"],"id":0}'.encode(),
    "bytes": b'{"method":"Probe.Echo","params":["AQL/"],"id":0}',
    "bytes as numbers": b'{"method":"Probe.Echo","params":[[1,2,255]],"id":0}',
    "no bytes": b'{"method":"Probe.Echo","params":[""],"id":0}',
    "bytes that are no base64": b'{"method":"Probe.Echo","params":[true],"id":0}',
    "a string that is cut": b'{"method":"Probe.Fail","params":["\\ud800x\xff\xf0\x9f"],"id":0}',
    "keys in lower case": b'{"METHOD":"Arith.Multiply","Params":[{"a":7,"b":8}],"ID":1}',
    "keys that are unknown": b'{"method":"Arith.Multiply","params":[{"C":[{}]}],"id":1,"x":{}}',
    "an id that is text": b'{"method":"Arith.Multiply","params":[{}],"id":"te xt"}',
    "an id that is null": b'{"method":"Arith.Multiply","params":[{}],"id":null}',
    "an id that is missing": b'{"method":"Arith.Multiply","params":[{}]}',
    "an id that is anything": b'{"method":"Arith.Multiply","params":[{}],"id":[ 1.0,{"<": 1e5}]}',
    "an id that is half a character": b'{"method":"Arith.Multiply","params":[{}],"id":"\\ud800"}',
    "an id that is no UTF-8": b'{"method":"Arith.Multiply","params":[{}],"id":"\xff\xf0\x9f"}',
    "an id with escapes": b'{"method":"Arith.Multiply","params":[{}],"id":"\\u0041/\\/\\u2028"}',
    "an id that is minus zero": b'{"method":"Arith.Multiply","params":[{}],"id":-0}',
    "an id with members twice": b'{"method":"Arith.Multiply","params":[{}],"id":{"a":1,"a":2}}',
    "a method that is no UTF-8": b'{"method":"Ari\xffth.Multiply","params":[{}],"id":1}',
    "members twice": b'{"method":"A.B","method":"Arith.Multiply","params":5,"params":[{}],"id":1}',
    "null after a member": b'{"method":"Arith.Multiply","method":null,"params":[{}],"id":1}',
    "null after the params": b'{"method":"Arith.Multiply","params":[{}],"params":null,"id":1}',
    "a field twice": b'{"method":"Arith.Multiply","params":[{"A":7,"a":2,"B":3}]}',
    "a letter without a dot": b'{"method":"Arith.Multiply","params":[{"A":7}],"\xc4\xb1d":1}',
    "letters of other alphabets": b'{"method":"Arith.Multiply","param\xc5\xbf":[{"A":7}],"ID":1}',
    "a number with an exponent": b'{"method":"Arith.Multiply","params":[{"A":7e0}],"id":2}',
    "a number that is infinite": b'{"method":"Arith.Multiply","params":[{"A":1e400}],"id":2}',
    "base64 with too much of an end": b'{"method":"Probe.Echo","params":["QUJD="],"id":0}',
    "no params": b'{"method":"Arith.Multiply","id":2}',
    "params null": b'{"method":"Arith.Multiply","params":null,"id":2}',
    "params empty": b'{"method":"Arith.Multiply","params":[],"id":2}',
    "params of null": b'{"method":"Arith.Multiply","params":[null],"id":2}',
    "params an object": b'{"method":"Arith.Multiply","params":{"A":1},"id":2}',
    "params a number": b'{"method":"Arith.Multiply","params":5,"id":2}',
    "more than one param": b'{"method":"Arith.Multiply","params":[{"A":2,"B":3},9],"id":2}',
    "a field of a wrong type": b'{"method":"Arith.Multiply","params":[{"A":"x"}],"id":2}',
    "a fraction": b'{"method":"Arith.Multiply","params":[{"A":7.5}],"id":2}',
    "a number out of range": b'{"method":"Arith.Multiply","params":[{"A":-9223372036854775809}]}',
    "a string for a number": b'{"method":"Probe.Unencodable","params":["x"],"id":2}',
    "an unknown service": b'{"method":"Nope.Nope","params":[{}],"id":2}',
    "an unknown service without params": b'{"method":"Nope.Nope","id":2}',
    "an unknown method": b'{"method":"Arith.Nope","params":[{}],"id":2}',
    "no dot": b'{"method":"Nope","params":[{}],"id":2}',
    "no method": b'{"params":[{}],"id":2}',
    "an empty object": b"{}",
    "white space": b' \n\t{ "method" : "Arith.Multiply" ,\r\n"params":[ {"A" :7} ] , "id" : 1 } \n',
    "two requests in one line": b'{"method":"A.B","id":1}{"method":"A.C","id":2}',
    # These end the connection.
    "nonsense": b"nonsense",
    "an array": b"[1]",
    "a broken object": b'{"method":}',
    "a method that is no string": b'{"method":5,"params":[{}],"id":2}',
    "a method that is a number": b'{"method":1e3,"params":[{}],"id":2}',
    "a cut request": b'{"method":"Arith.Multiply","params":[{"A":7',
}
GOOD = b'\n{"method":"Arith.Multiply","params":[{"A":2,"B":2}],"id":99}\n'


def answers(address: str, sent: bytes) -> list[bytes]:
    """Send bytes, hang up halfway, and return the lines that come, sorted: replies may overtake."""
    received = b""
    with connect(address) as connection:
        connection.sendall(sent)
        # A server that has hung up with bytes of ours unread resets the connection.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
    return sorted(received.splitlines(keepends=True))


@pytest.mark.parametrize("name", REQUESTS)
def test_answer_is_that_of_go(python_server: str, go_server: GoServer, name: str) -> None:
    sent = REQUESTS[name] + GOOD
    assert answers(python_server, sent) == answers(go_server.json, sent)


def test_request_is_that_of_go(api: Api, go_clients: Callable[..., GoClient]) -> None:
    python, go = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    with python, go:
        with api.dial(address_of(python), codec="json") as client:
            client.go(ARITH_DIVIDE, Args(7, -8))
            client.go(FAIL, "<é\u2028\\\x01>")
            ours = received(python, 2)
        peer = go_clients(address_of(go), "tcp", "json")
        peer.go("", "Arith.Divide", {"A": 7, "B": -8})
        peer.go("", "Probe.Fail", "<é\u2028\\\x01>")
        assert ours == received(go, 2)


def address_of(listening: socket.socket) -> str:
    host, port = listening.getsockname()
    return f"tcp://{host}:{port}"


def received(listening: socket.socket, lines: int) -> bytes:
    """Take a connection, read so many lines from it, and hang up."""
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(TIMEOUT_S)
        data = b""
        while data.count(b"\n") < lines:
            data += connection.recv(65536)
    return data
