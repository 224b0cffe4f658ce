"""Responses that no Go server sends: the Python client takes them, or gives up, as Go's does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import frozen

from generated.arith import ARITH_MULTIPLY, Args
from rpcgen import DecodeError, DisconnectedError, RpcError, ServerError
from tests.support.apis import Api

from .gopeer import Answer, GoClient
from .wire import header_type, read_messages, silent_server, stream

RESPONSE_TYPE = header_type("Response", "ServiceMethod string", "Seq uint", "Error string")
HEADER = f"ff80 010e {b'Arith.Multiply'.hex()} 00"
HEADER_OF_CALL_9 = f"ff80 010e {b'Arith.Multiply'.hex()} 0109 00"
HEADER_OF_NOPE = f"ff80 0104 {b'Nope'.hex()} 00"
HEADER_WITHOUT_NAME = "ff80 00"
HEADER_WITH_CODE = f"ff80 010e {b'Arith.Multiply'.hex()} 03 0e 00"
ERROR_HEADER = f"ff80 010e {b'Arith.Multiply'.hex()} 0204 {b'oops'.hex()} 00"
# Bodies: the ints 56 and 1, a string, a value of a type which nobody has defined.
NUMBER, ONE, TEXT, UNDEFINED = "04 00 70", "04 00 02", f"0c 00 04 {b'text'.hex()}", "ffc8 00"


@frozen
class Case:
    """What a server sends for the first multiplication, and how it ends for both clients.

    ``go`` is the error of Go's client, ``python`` the type of ours: none, if the reply is 56.
    """

    sent: bytes
    go: str = ""
    python: type[RpcError] | None = None


CASES = {
    "a response": Case(stream(RESPONSE_TYPE, HEADER, NUMBER)),
    "one for no call, then a response": Case(
        stream(RESPONSE_TYPE, HEADER_OF_CALL_9, ONE, HEADER, NUMBER)
    ),
    "one for no call with another type, then a response": Case(
        stream(RESPONSE_TYPE, HEADER_OF_CALL_9, TEXT, HEADER, NUMBER)
    ),
    "two responses": Case(stream(RESPONSE_TYPE, HEADER, NUMBER, HEADER, ONE)),
    "another method's name": Case(stream(RESPONSE_TYPE, HEADER_OF_NOPE, NUMBER)),
    "no method's name": Case(stream(RESPONSE_TYPE, HEADER_WITHOUT_NAME, NUMBER)),
    "a header with a further field": Case(
        stream(
            header_type("Response", "ServiceMethod string", "Seq uint", "Error string", "Code int"),
            HEADER_WITH_CODE,
            NUMBER,
        )
    ),
    "a header without most fields": Case(
        stream(header_type("Response", "Seq uint"), HEADER_WITHOUT_NAME, NUMBER)
    ),
    "an error with a number": Case(
        stream(RESPONSE_TYPE, ERROR_HEADER, NUMBER), "oops", ServerError
    ),
    "an error with a text": Case(stream(RESPONSE_TYPE, ERROR_HEADER, TEXT), "oops", ServerError),
    "an error with a body of an undefined type": Case(
        stream(RESPONSE_TYPE, ERROR_HEADER, UNDEFINED), "oops", ServerError
    ),
    "an error without a body": Case(stream(RESPONSE_TYPE, ERROR_HEADER), "oops", ServerError),
    "a text for a number": Case(
        stream(RESPONSE_TYPE, HEADER, TEXT),
        "reading body gob: decoding into local type *int, received remote type string",
        DecodeError,
    ),
    "a body of an undefined type": Case(
        stream(RESPONSE_TYPE, HEADER, UNDEFINED),
        "reading body gob: decoding into local type *int, received remote type unknown type",
        DecodeError,
    ),
    "nothing": Case(b"", "unexpected EOF", DisconnectedError),
    "a header cut short": Case(
        stream(RESPONSE_TYPE, HEADER)[:-3], "unexpected EOF", DisconnectedError
    ),
    "a header without a body": Case(
        stream(RESPONSE_TYPE, HEADER), "reading body EOF", DisconnectedError
    ),
    "a body cut short": Case(
        stream(RESPONSE_TYPE, HEADER, NUMBER)[:-1],
        "reading body unexpected EOF",
        DisconnectedError,
    ),
    "a header that is a number": Case(
        stream("04 00 22", NUMBER),
        "gob: type mismatch in decoder: want struct type rpc.Response; got non-struct",
        DisconnectedError,
    ),
    "a header of an undefined type": Case(
        stream(UNDEFINED), "gob: unknown type id or corrupted data", DisconnectedError
    ),
}

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_case
def test_go_client_ends_its_call(case: Case, go_clients: Callable[..., GoClient]) -> None:
    with silent_server() as (address, accept):
        client = go_clients(address)
        client.go("", "Arith.Multiply", {"A": 7, "B": 8})
        with accept() as connection:
            read_messages(connection, 4)
            connection.sendall(case.sent)
    answer = client.done()
    assert answer == (Answer(error=case.go, kind=answer.kind) if case.go else Answer(56))


@each_case
def test_python_client_ends_its_call(case: Case, api: Api) -> None:
    with silent_server() as (address, accept), api.dial(address) as client:
        call = client.go(ARITH_MULTIPLY, Args(7, 8))
        with accept() as connection:
            read_messages(connection, 4)
            connection.sendall(case.sent)
        if case.python is None:
            assert call.result() == 56
        else:
            with pytest.raises(case.python):
                call.result()
