"""What a server says of its services."""

from __future__ import annotations

from typing import Any, Protocol
from unittest import mock

import pytest
from attrs import define, field

from rpcgen import Code, Method, ServerError, gob
from rpcgen.protocol import Registry
from rpcgen.protocol.reflection import Kind, MethodDescription, ServiceDescription
from rpcgen.protocol.server_reflection import ServerReflection, describe
from rpcgen.types import RemoteError, struct_args, wire


@define
class NotFoundError(RemoteError):
    code = Code.NOT_FOUND
    key: str = ""


@define
class PutArgs:
    key: str
    value: bytes = b""


class Base(Protocol):
    def ping(self) -> None: ...


class Kv(Base, Protocol):
    """Keeps values."""

    def get(self, key: str) -> bytes:
        """Return a value.

        It was put there.
        """
        ...

    def put(self, key: str, value: bytes = b"") -> None: ...

    @struct_args
    def drop(self, key: str) -> None: ...

    @wire("Whole")
    def put_all(self, args: PutArgs) -> None: ...


GET = Method[str, bytes](
    "Kv.Get", raises=[(NotFoundError, "kv: {key}")], timeout=1.5, idempotent=True
)
METHODS: list[Method[Any, Any]] = [
    GET,
    Method[PutArgs, None]("Kv.Put"),
    Method[PutArgs, None]("Kv.Drop"),
    Method[PutArgs, None]("Kv.Whole"),
    Method[None, None]("Kv.Ping"),
]


@pytest.fixture
def registry() -> Registry:
    made = Registry()
    made.register_name("Kv", [each.handler(lambda args: None) for each in METHODS], Kv)
    return made


@pytest.fixture
def reflection(registry: Registry) -> ServerReflection:
    return ServerReflection(lambda: registry.services)


def method(reflection: ServerReflection, name: str) -> MethodDescription:
    (service,) = reflection.describe("Kv").services
    return next(each for each in service.methods if each.name == name)


def test_services_are_listed_in_order(registry: Registry, reflection: ServerReflection) -> None:
    registry.register_name("A", [GET.handler(str.encode)])
    assert reflection.services() == ["Kv", "A"]


def test_service_has_name_and_docstring(reflection: ServerReflection) -> None:
    (service,) = reflection.describe("Kv").services
    assert (service.name, service.python, service.doc) == ("Kv", "Kv", "Keeps values.")


def test_method_has_its_docstring(reflection: ServerReflection) -> None:
    assert method(reflection, "Get").doc == "Return a value.\n\nIt was put there."


@pytest.mark.parametrize(
    ("name", "python", "takes_struct", "parameter"),
    [
        ("Get", "get", False, "key"),
        ("Put", "put", True, ""),
        ("Drop", "drop", True, ""),
        ("Whole", "put_all", False, "args"),
        ("Ping", "ping", False, ""),
    ],
)
def test_method_says_how_it_is_called_in_python(
    reflection: ServerReflection, name: str, python: str, takes_struct: bool, parameter: str
) -> None:
    found = method(reflection, name)
    assert (found.python, found.takes_struct, found.parameter) == (python, takes_struct, parameter)


def test_method_names_its_types(reflection: ServerReflection) -> None:
    types, found = reflection.describe("Kv").types, method(reflection, "Get")
    assert (types[found.request].kind, types[found.response].kind) == (Kind.STRING, Kind.BYTES)


def test_method_says_what_it_raises(reflection: ServerReflection) -> None:
    (raised,) = method(reflection, "Get").raises
    name = reflection.describe("Kv").types[raised.type].python
    assert (name, raised.text, raised.code) == ("NotFoundError", "kv: {key}", Code.NOT_FOUND)


def test_method_says_its_timeout_and_that_it_may_be_repeated(reflection: ServerReflection) -> None:
    found = method(reflection, "Get")
    assert (found.timeout, found.idempotent) == (1.5, True)


def test_method_without_a_timeout_has_zero(reflection: ServerReflection) -> None:
    found = method(reflection, "Put")
    assert (found.timeout, found.idempotent) == (0.0, False)


def test_method_says_that_it_is_durable() -> None:
    registry = Registry()
    methods = [
        Method[int, int](f"Bank.{name}", durable=name == "Charge") for name in ("Charge", "Get")
    ]
    registry.register_name("Bank", [each.handler(lambda number: number) for each in methods])
    (service,) = describe(registry.services).services
    assert [(each.name, each.durable) for each in service.methods] == [
        ("Charge", True),
        ("Get", False),
    ]


@define
class OldMethod:
    """A method as peers know it that are older than `MethodDescription.durable`."""

    name: str = ""
    idempotent: bool = False


@define
class OldService:
    methods: list[OldMethod] = field(factory=list)


def test_peers_that_know_nothing_of_durable_methods_read_all_else() -> None:
    told = ServiceDescription(
        "Bank", methods=[MethodDescription("F", idempotent=True, durable=True)]
    )
    old = gob.loads(gob.dumps(told, ServiceDescription), OldService)
    assert old == OldService([OldMethod("F", idempotent=True)])
    assert gob.loads(gob.dumps(old, OldService), ServiceDescription) == ServiceDescription(
        methods=[MethodDescription("F", idempotent=True, durable=False)]
    )


def test_service_without_an_idl_has_only_what_the_wire_has(registry: Registry) -> None:
    registry.register_name("A", [GET.handler(str.encode)])
    (service,) = ServerReflection(lambda: registry.services).describe("A").services
    assert (service.python, service.doc, service.methods[0].python) == ("", "", "")


def test_unknown_service_is_an_error(reflection: ServerReflection) -> None:
    with pytest.raises(ServerError, match="no service 'Arith'") as caught:
        reflection.describe("Arith")
    assert caught.value.code is Code.NOT_FOUND


def test_name_of_an_unknown_service_is_cut(reflection: ServerReflection) -> None:
    with pytest.raises(ServerError) as caught:
        reflection.describe("x" * 10_000)
    assert len(str(caught.value)) < 300


def test_empty_name_stands_for_all_but_those_of_the_server(
    registry: Registry, reflection: ServerReflection
) -> None:
    registry.register_name("rpcgen.Health", [GET.handler(str.encode)])
    registry.register_name("A", [GET.handler(str.encode)])
    assert [each.name for each in reflection.describe("").services] == ["Kv", "A"]


def test_description_is_made_once(reflection: ServerReflection) -> None:
    assert reflection.describe("Kv") is reflection.describe("Kv")


def test_description_of_all_has_what_is_registered_later(
    registry: Registry, reflection: ServerReflection
) -> None:
    reflection.describe("")
    registry.register_name("A", [GET.handler(str.encode)])
    assert len(reflection.describe("").services) == 2


def test_too_many_types_are_an_error(reflection: ServerReflection) -> None:
    with mock.patch("rpcgen.protocol.server_reflection.MAX_TYPES", 3):
        with pytest.raises(ServerError, match="more than 3 types") as caught:
            reflection.describe("")
    assert caught.value.code is Code.RESOURCE_EXHAUSTED
