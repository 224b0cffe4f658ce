"""Calls that fail, over every link: who is told what, and that the connection goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from generated.arith import ARITH_DIVIDE, ARITH_MULTIPLY, Args
from rpcgen import DecodeError, EncodeError, Method, ServerError
from tests.support.apis import ApiClient
from tests.support.errors import error_of
from tests.support.services import FAIL, UNENCODABLE

UNKNOWN = {
    "Nope.Nope": "rpc: can't find service Nope.Nope",
    "A.B.C": "rpc: can't find service A.B.C",
    "Arith.Nope": "rpc: can't find method Arith.Nope",
    "Arith.multiply": "rpc: can't find method Arith.multiply",
    "Nope": "rpc: service/method request ill-formed: Nope",
    "": "rpc: service/method request ill-formed: ",
}
TEXTS = [" ", "\n", "null", "größer als 世界", "x" * 100_000]

FAILURES: dict[str, Callable[[ApiClient], object]] = {
    "error of the method": lambda client: client.call(ARITH_DIVIDE, Args(1, 0)),
    "unknown service": lambda client: client.call(Method[Args, int]("No.No"), Args(1, 2)),
    "unknown method": lambda client: client.call(Method[Args, int]("Arith.No"), Args(1, 2)),
    "args that do not fit here": lambda client: client.call(ARITH_MULTIPLY, Args(2**63, 0)),
    "args that do not fit there": lambda client: client.call(
        Method[str, int]("Arith.Multiply"), "text"
    ),
    "reply that does not fit there": lambda client: client.call(UNENCODABLE, 1),
    "reply that does not fit here": lambda client: client.call(
        Method[Args, str]("Arith.Multiply"), Args(7, 8)
    ),
}


def test_error_of_the_method_has_its_text(client: ApiClient) -> None:
    error = error_of(lambda: client.call(ARITH_DIVIDE, Args(1, 0)))
    assert (type(error), str(error)) == (ServerError, "divide by zero")


def test_error_texts_arrive_as_they_are(client: ApiClient) -> None:
    errors = [error_of(partial(client.call, FAIL, text)) for text in TEXTS]
    assert [str(error) for error in errors] == TEXTS


def test_error_without_text_is_the_name_of_its_class(client: ApiClient) -> None:
    assert str(error_of(lambda: client.call(FAIL, ""))) == "TextlessError"


def test_unknown_names_are_refused_with_the_texts_of_go(client: ApiClient) -> None:
    def refusal(name: str) -> str:
        return str(error_of(lambda: client.call(Method[Args, int](name), Args(1, 2))))

    assert {name: refusal(name) for name in UNKNOWN} == UNKNOWN


def test_args_that_cannot_be_encoded_are_not_sent(client: ApiClient) -> None:
    assert type(error_of(lambda: client.call(ARITH_MULTIPLY, Args(2**63, 0)))) is EncodeError


def test_args_of_a_wrong_type_are_refused_by_the_server(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[str, int]("Arith.Multiply"), "text"))
    assert type(error) is ServerError


def test_reply_of_another_type_fails_its_call(client: ApiClient) -> None:
    error = error_of(lambda: client.call(Method[Args, str]("Arith.Multiply"), Args(7, 8)))
    assert isinstance(error, DecodeError)


def test_reply_that_cannot_be_encoded_is_an_error(client: ApiClient) -> None:
    assert type(error_of(lambda: client.call(UNENCODABLE, 1))) is ServerError


def test_connection_goes_on_after_failures(client: ApiClient) -> None:
    products = []
    for fail in FAILURES.values():
        error_of(partial(fail, client))
        products.append(client.call(ARITH_MULTIPLY, Args(7, 8)))
    assert products == [56] * len(FAILURES)


def test_failures_do_not_touch_calls_in_flight(client: ApiClient) -> None:
    calls = [client.go(ARITH_MULTIPLY, Args(n, n)) for n in range(20)]
    for fail in FAILURES.values():
        error_of(partial(fail, client))
    assert [call.result() for call in calls] == [n * n for n in range(20)]
