"""The service of ``idl/shapes.py``: values that bring their type along, Python and stock Go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import pi

import pytest

from generated.shapes import (
    SHAPES_AREA,
    SHAPES_BOUNDS,
    SHAPES_COUNT,
    SHAPES_DESCRIBE,
    SHAPES_MOVE,
    Circle,
    Group,
    Point,
    Rectangle,
    ShapesMoveArgs,
    register_shapes,
)
from rpcgen import EncodeError, ServerError
from tests.support.apis import Api, ApiClient
from tests.support.services import Plane

from .gopeer import Answer, GoClient

CIRCLE = Circle(Point(1.0, 2.0), 3.0)
RECTANGLE = Rectangle(Point(0.0, 0.0), Point(2.0, 3.0))


@pytest.fixture
def go_client(api: Api, go_clients: Callable[..., GoClient]) -> Iterator[GoClient]:
    """A stock Go client of a Python server of shapes."""
    with api.serve("tcp://127.0.0.1:0", lambda server: register_shapes(server, Plane())) as address:
        yield go_clients(address)


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (CIRCLE, pi * 9),
        (RECTANGLE, 6.0),
        (Group("empty"), 0.0),
        (Group("outer", [RECTANGLE, Group("inner", [RECTANGLE])]), 12.0),
    ],
    ids=["circle", "rectangle", "empty group", "nested group"],
)
def test_go_knows_the_type_of_what_python_sends(
    client: ApiClient, shape: Circle | Rectangle | Group, area: float
) -> None:
    assert client.call(SHAPES_AREA, shape) == pytest.approx(area)


@pytest.mark.parametrize(
    ("shape", "moved"),
    [
        (CIRCLE, Circle(Point(21, 42), 3)),
        (RECTANGLE, Rectangle(Point(20, 40), Point(22, 43))),
    ],
    ids=["circle", "rectangle"],
)
def test_python_knows_the_type_of_what_go_returns(
    client: ApiClient, shape: Circle | Rectangle, moved: Circle | Rectangle
) -> None:
    assert client.call(SHAPES_MOVE, ShapesMoveArgs(shape, Point(10, 20), 2)) == moved


def test_shapes_of_changing_types_on_one_connection(client: ApiClient) -> None:
    group = Group("", [CIRCLE])
    shapes: list[Circle | Rectangle | Group] = [CIRCLE, group, RECTANGLE, CIRCLE, group]
    areas = [client.call(SHAPES_AREA, shape) for shape in shapes]
    assert areas == pytest.approx([pi * 9, pi * 9, 6.0, pi * 9, pi * 9])


def test_method_without_parameters_is_called_in_go(client: ApiClient) -> None:
    seen = client.call(SHAPES_COUNT, None)
    client.call(SHAPES_AREA, CIRCLE)
    assert client.call(SHAPES_COUNT, None) == seen + 1


def test_imported_messages_go_to_go_and_back(client: ApiClient) -> None:
    points = [Point(1, 5), Point(-1, 2), Point(0, 9)]
    assert client.call(SHAPES_BOUNDS, points) == Rectangle(Point(-1, 2), Point(1, 9))


def test_error_of_go_has_its_text(client: ApiClient) -> None:
    with pytest.raises(ServerError, match=r"^no points$"):
        client.call(SHAPES_BOUNDS, [])


@pytest.mark.parametrize(
    ("value", "description"),
    [
        (5, "int 5"),
        ("text", "string text"),
        (RECTANGLE, "main.Rectangle {Low:{X:0 Y:0} High:{X:2 Y:3}}"),
        (None, "<nil> <nil>"),
    ],
    ids=["int", "str", "message", "nil"],
)
def test_anything_reaches_go_as_what_it_is(
    client: ApiClient, value: object, description: str
) -> None:
    assert client.call(SHAPES_DESCRIBE, value) == description


def test_message_outside_the_union_is_not_sent(client: ApiClient) -> None:
    with pytest.raises(EncodeError):
        client.call(SHAPES_AREA, Point(1, 2))  # type: ignore[misc]


@pytest.mark.parametrize(("shape", "area"), [("circle", pi * 9), ("group", 12.0)])
def test_python_knows_the_type_of_what_go_sends(
    go_client: GoClient, shape: str, area: float
) -> None:
    assert go_client.call("Shapes.Area", None, name=shape).reply == pytest.approx(area)


@pytest.mark.parametrize(
    ("shape", "moved"),
    [
        ("move circle", {"Center": {"X": 21, "Y": 42}, "Radius": 3}),
        ("move rectangle", {"Low": {"X": 1, "Y": 1}, "High": {"X": 3, "Y": 4}}),
    ],
)
def test_go_knows_the_type_of_what_python_returns(
    go_client: GoClient, shape: str, moved: dict[str, object]
) -> None:
    assert go_client.call("Shapes.Move", None, name=shape) == Answer(moved)


def test_value_outside_the_union_is_refused(go_client: GoClient) -> None:
    assert go_client.call("Shapes.Area", None, name="number").kind == "rpc.ServerError"


def test_value_outside_the_union_leaves_the_connection_usable(go_client: GoClient) -> None:
    go_client.call("Shapes.Area", None, name="number")
    assert go_client.call("Shapes.Area", None, name="group").reply == 12.0


def test_method_without_parameters_is_called_from_go(go_client: GoClient) -> None:
    go_client.call("Shapes.Area", None, name="group")
    assert go_client.call("Shapes.Count", {}) == Answer(1)


def test_imported_messages_come_from_go_and_go_back(go_client: GoClient) -> None:
    points = [{"X": 1, "Y": 5}, {"X": -1, "Y": 2}]
    bounds = {"Low": {"X": -1, "Y": 2}, "High": {"X": 1, "Y": 5}}
    assert go_client.call("Shapes.Bounds", points) == Answer(bounds)


def test_anything_reaches_python_as_what_it_is(go_client: GoClient) -> None:
    assert go_client.call("Shapes.Describe", None, name="circle") == Answer(repr(CIRCLE))
