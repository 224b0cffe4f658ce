"""A remote method: its name, and the schemas that its type arguments become."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import pytest
from attrs import define

from rpcgen.errors import RemoteError, SchemaError, ServerError
from rpcgen.method import Handler, Method, untyped_method
from rpcgen.schema import UNTYPED, schema_of
from rpcgen.types import length

T = TypeVar("T")


@define
class Args:
    a: int
    b: int


@define
class Reply:
    c: int


MULTIPLY = Method[Args, int]("Arith.Multiply")


async def double(args: Args) -> int:
    return args.a * 2


def test_method_has_its_wire_name() -> None:
    assert MULTIPLY.name == "Arith.Multiply"


def test_method_shows_its_wire_name() -> None:
    assert repr(MULTIPLY) == "<Method Arith.Multiply>"


def test_request_is_the_first_type_argument() -> None:
    assert MULTIPLY.request is schema_of(Args)


def test_response_is_the_second_type_argument() -> None:
    assert MULTIPLY.response is schema_of(int)


@pytest.mark.parametrize(
    ("method", "spelling"),
    [
        (Method[Annotated[list[int], length(3)], None]("A.B"), "[3]int"),
        (Method[Args | Reply, None]("A.B"), "interface {}"),
        (Method[dict[str, list[Args]], None]("A.B"), "map[string][]test_method.Args"),
        (Method[Any, None]("A.B"), "interface {}"),
        (Method[None, None]("A.B"), "struct {}"),
        (Method[int | None, None]("A.B"), "*int"),
    ],
)
def test_type_argument_is_any_annotation(method: Method[Any, None], spelling: str) -> None:
    assert method.request.go == spelling


def test_schemas_are_not_made_before_they_are_needed() -> None:
    assert Method[set[int], int]("A.B").name == "A.B"


def test_type_argument_that_cannot_travel_is_refused() -> None:
    with pytest.raises(SchemaError, match="use bytes"):
        _ = Method[bytearray, int]("A.B").request


def test_type_argument_in_quotes_is_refused() -> None:
    with pytest.raises(SchemaError, match="not its name in quotes"):
        _ = Method["Args", int]("A.B").request


def test_type_variable_is_refused() -> None:
    with pytest.raises(SchemaError, match="write it out"):
        _ = Method[T, int]("A.B").request  # type: ignore[valid-type]


@pytest.mark.parametrize("side", ["request", "response"])
def test_missing_type_arguments_are_named(side: str) -> None:
    method: Method[Args, int] = Method("Arith.Multiply")
    with pytest.raises(TypeError, match=r'write Method\[Request, Response\]\("Arith.Multiply"\)'):
        getattr(method, side)


def test_method_of_schemas_has_the_request() -> None:
    assert Method.of("A.B", schema_of(Args), schema_of(int)).request is schema_of(Args)


def test_method_of_schemas_has_the_response() -> None:
    assert Method.of("A.B", schema_of(Args), schema_of(int)).response is schema_of(int)


def test_untyped_method_takes_the_value_as_it_is() -> None:
    assert untyped_method("A.B", Args(1, 2)).request is schema_of(Args)


def test_untyped_method_takes_the_reply_as_it_comes() -> None:
    assert untyped_method("A.B", 1).response is UNTYPED


def test_untyped_method_may_say_the_reply() -> None:
    assert untyped_method("A.B", 1, list[int]).response is schema_of(list[int])


def test_untyped_method_of_the_same_list_type_has_one_schema() -> None:
    assert untyped_method("A.B", [1]).request is untyped_method("A.B", [2]).request


def test_handler_holds_the_method_and_its_function() -> None:
    def multiply(args: Args) -> int:
        return args.a * args.b

    assert MULTIPLY.handler(multiply) == Handler(MULTIPLY, multiply, is_async=False)


def test_async_handler_says_that_it_is_async() -> None:
    assert MULTIPLY.async_handler(double) == Handler(MULTIPLY, double, is_async=True)


@define
class NotFoundError(RemoteError):
    key: str


class DeeperError(NotFoundError):
    pass


FIND = Method[int, str](
    "Kv.Find", raises=[(NotFoundError, "no {key}")], timeout=2.0, idempotent=True, durable=True
)


def test_renamed_method_keeps_all_but_its_name() -> None:
    other = FIND.renamed("Cache.Find")
    assert (other.name, other.raises, other.timeout, other.idempotent, other.request) == (
        "Cache.Find",
        FIND.raises,
        2.0,
        True,
        FIND.request,
    )


def test_renamed_method_stays_durable() -> None:
    assert FIND.renamed("Cache.Find").durable


def test_raised_as_finds_the_schema_by_its_name_on_the_wire() -> None:
    assert FIND.raised_as("test_method.NotFoundError") == schema_of(NotFoundError)


def test_raised_as_knows_no_other_name() -> None:
    assert FIND.raised_as("test_method.Other") is None


def test_raised_from_reads_the_text_of_a_go_server() -> None:
    error = FIND.raised_from("no such thing")
    assert isinstance(error, NotFoundError)
    assert error.key == "such thing"


def test_raised_from_leaves_other_texts() -> None:
    assert FIND.raised_from("out of order") is None


def test_declares_says_how_an_exception_travels() -> None:
    declared = ("test_method.NotFoundError", schema_of(NotFoundError), "no k")
    assert FIND.declares(NotFoundError("k")) == declared


def test_declares_takes_a_subclass_for_its_base() -> None:
    found = FIND.declares(DeeperError("k"))
    assert found is not None
    assert found[0] == "test_method.NotFoundError"


@pytest.mark.parametrize("error", [ValueError("k"), ServerError("k")])
def test_declares_nothing_else(error: Exception) -> None:
    assert FIND.declares(error) is None


def test_method_declares_nothing_unless_told() -> None:
    assert Method[int, str]("Kv.Get").declares(NotFoundError("k")) is None
