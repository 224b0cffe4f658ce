"""What generated classes inherit: closing the client, and the check for missing methods."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Any, cast

import pytest
from attrs import define

from rpcgen import gob
from rpcgen.errors import RpcError, SchemaError
from rpcgen.method import Method
from rpcgen.stubs import (
    AbstractService,
    AsyncClientStub,
    AsyncDurableStub,
    AsyncGoStub,
    ClientStub,
    DurableStub,
    GoStub,
    register_types,
)
from rpcgen.types import wire


class FakeClient:
    """Notes how it was left, on the way of either API."""

    left_with: type[BaseException] | str | None = "never"

    def __repr__(self) -> str:
        return "<FakeClient>"

    def __exit__(self, exc_type: type[BaseException] | None, *rest: object) -> None:
        self.left_with = exc_type

    async def __aexit__(self, exc_type: type[BaseException] | None, *rest: object) -> None:
        self.left_with = exc_type


class ArithClient(ClientStub):
    pass


class AsyncArithClient(AsyncClientStub):
    pass


@pytest.fixture
def client() -> Any:
    return FakeClient()


def test_stub_is_its_own_context(client: Any) -> None:
    stub = ArithClient(client)
    with stub as entered:
        assert entered is stub


def test_leaving_a_stub_leaves_its_client(client: Any) -> None:
    with ArithClient(client):
        pass
    assert client.left_with is None


def test_leaving_a_stub_by_an_error_tells_its_client(client: Any) -> None:
    with pytest.raises(KeyError), ArithClient(client):
        raise KeyError
    assert client.left_with is KeyError


def test_async_stub_is_its_own_context(client: Any) -> None:
    async def enter() -> bool:
        stub = AsyncArithClient(client)
        async with stub as entered:
            return entered is stub

    assert asyncio.run(enter())


def test_leaving_an_async_stub_leaves_its_client(client: Any) -> None:
    async def leave() -> None:
        async with AsyncArithClient(client):
            pass

    asyncio.run(leave())
    assert client.left_with is None


def test_stub_shows_its_service_and_client(client: Any) -> None:
    assert repr(ArithClient(client)) == "<ArithClient of <FakeClient>>"


@pytest.mark.parametrize(
    "stub", [ClientStub, GoStub, DurableStub, AsyncClientStub, AsyncGoStub, AsyncDurableStub]
)
def test_stub_has_no_public_names(stub: type) -> None:
    assert [name for name in dir(stub) if not name.startswith("_")] == []


# --- AbstractService ------------------------------------------------------------------------------


class ArithService(AbstractService, ABC):
    @abstractmethod
    def multiply(self) -> int: ...

    @abstractmethod
    def divide(self) -> int: ...


class Partial(ArithService, ABC):
    def multiply(self) -> int:
        return 1


def test_service_without_a_method_fails_at_its_definition() -> None:
    with pytest.raises(TypeError, match="Calculator lacks methods of its service: divide, mult"):

        class Calculator(ArithService):
            pass


def test_service_with_every_method_is_accepted() -> None:
    class Calculator(ArithService):
        def multiply(self) -> int:
            return 2

        def divide(self) -> int:
            return 3

    assert Calculator().divide() == 3


def test_abstract_base_may_leave_methods_to_its_subclasses() -> None:
    class Calculator(Partial):
        def divide(self) -> int:
            return 3

    assert Calculator().multiply() == 1


def test_subclass_of_an_abstract_base_must_have_the_rest() -> None:
    with pytest.raises(TypeError, match=r"Calculator lacks methods of its service: divide$"):

        class Calculator(Partial):
            pass


def test_service_takes_a_method_from_a_mixin() -> None:
    class Mixin:
        def divide(self) -> int:
            return 4

    class Calculator(Mixin, Partial):
        pass

    assert cast(ArithService, Calculator()).divide() == 4


# --- register_types -------------------------------------------------------------------------------


@wire("stubs.Apple")
@define
class Apple:
    weight: int


@wire("stubs.Pear")
@define
class Pear:
    weight: int


@wire("stubs.Apple")
@define
class OtherApple:
    colour: str


def test_registered_types_travel_in_any() -> None:
    register_types(Apple, Pear)
    fruit = [Apple(1), Pear(2)]
    assert gob.loads(gob.dumps(fruit, list[Any]), list[Any]) == fruit


def test_registering_a_name_for_two_types_is_refused() -> None:
    register_types(Apple)
    with pytest.raises(SchemaError, match=r"'stubs\.Apple' is registered for"):
        register_types(OtherApple)


# --- services that go by another name -------------------------------------------------------------


class CallingClient(FakeClient):
    """Notes which methods are called, on the way of either API."""

    def __init__(self) -> None:
        self.called: list[Method[Any, Any]] = []

    def call(self, method: Method[Any, Any], args: object) -> object:
        self.called.append(method)
        return args

    def go(self, method: Method[Any, Any], args: object, done: object = None) -> object:
        self.called.append(method)
        return args, done


DOUBLE = Method[int, int]("Arith.Double")


class DoublingClient(ClientStub):
    def double(self, number: int) -> int:
        return self._client.call(DOUBLE, number)

    def go_double(self, number: int) -> object:
        return self._client.go(DOUBLE, number, None)


@pytest.fixture
def calling() -> Any:
    return CallingClient()


def test_stub_calls_its_client_itself_unless_it_is_given_a_name(calling: Any) -> None:
    assert DoublingClient(calling)._client is calling
    assert DoublingClient(calling, service=None)._client is calling


@pytest.mark.parametrize("service", ["v1", "app-visor", "a.b", "Arith", "Größe", " "])
def test_stub_calls_the_service_that_it_is_given(calling: Any, service: str) -> None:
    stub = DoublingClient(calling, service=service)
    assert (stub.double(3), stub.go_double(4)) == (3, (4, None))
    assert [method.name for method in calling.called] == [f"{service}.Double"] * 2


def test_renamed_method_is_made_once_and_has_the_same_schemas(calling: Any) -> None:
    stub = DoublingClient(calling, service="v1")
    stub.double(3)
    stub.double(4)
    first, second = calling.called
    assert first is second
    assert (first.request, first.response) == (DOUBLE.request, DOUBLE.response)


@pytest.mark.parametrize("target", ["tcp://a:1", ["tcp://a:1"], "dns://a:1", object()])
def test_stub_dials_servers_as_they_are_named(target: Any) -> None:
    assert DoublingClient._target(target, "Doubling") is target


def test_stub_says_its_service_to_a_broker() -> None:
    assert DoublingClient._target("nats://a:4222", "Doubling") == "nats://a:4222/Doubling"


def test_stub_says_its_service_to_several_brokers() -> None:
    target = DoublingClient._target(["nats://a", "nats://b"], "Doubling")
    assert target == ["nats://a/Doubling", "nats://b"]


def test_stub_cannot_be_given_an_empty_name(calling: Any) -> None:
    with pytest.raises(ValueError, match="the name of a service cannot be empty"):
        DoublingClient(calling, service="")


def test_leaving_a_stub_that_has_a_name_leaves_its_client(calling: Any) -> None:
    with DoublingClient(calling, service="v1"):
        pass
    assert calling.left_with is None


def test_stub_that_has_a_name_shows_it(calling: Any) -> None:
    assert repr(DoublingClient(calling, service="v1")) == (
        "<DoublingClient of <FakeClient> for 'v1'>"
    )


# --- callers that are not clients -----------------------------------------------------------------


class Fake:
    """A caller without a context of its own, of either API."""

    def __init__(self) -> None:
        self.closed = 0

    def call(self, method: Method[Any, Any], args: object, /, **options: object) -> Any:
        return args

    def go(
        self, method: Method[Any, Any], args: object, done: object = None, /, **options: object
    ) -> Any:
        return args

    def close(self) -> None:
        self.closed += 1


class AsyncFake(Fake):
    async def close(self) -> None:  # type: ignore[override]
        self.closed += 1


def test_stub_calls_through_what_is_not_a_client() -> None:
    assert DoublingClient(Fake()).double(3) == 3


@pytest.mark.parametrize("service", [None, "v1"])
def test_leaving_a_stub_closes_what_is_not_a_client(service: str | None) -> None:
    fake = Fake()
    with DoublingClient(fake, service=service):
        pass
    assert fake.closed == 1


def test_leaving_a_stub_by_an_error_closes_what_is_not_a_client() -> None:
    fake = Fake()
    with pytest.raises(KeyError), DoublingClient(fake):
        raise KeyError
    assert fake.closed == 1


@pytest.mark.parametrize("service", [None, "v1"])
def test_leaving_an_async_stub_closes_what_is_not_a_client(service: str | None) -> None:
    fake = AsyncFake()

    async def leave() -> None:
        async with AsyncArithClient(cast(Any, fake), service=service):
            pass

    asyncio.run(leave())
    assert fake.closed == 1


# --- durable calls --------------------------------------------------------------------------------


CHARGE = Method[int, int]("Bank.Charge", durable=True)


class QueueingClient:
    """Notes the durable calls that are made through it."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def submit(self, method: Method[Any, Any], args: object, **options: Any) -> None:
        self.calls.append((method.name, args, options))

    def ticket(self, method: Method[Any, Any], key: str) -> None:
        self.calls.append((method.name, key))


class BankClient(ClientStub):
    @property
    def durable(self) -> BankDurable:
        return BankDurable(self._client)


class BankDurable(DurableStub):
    pass


def test_durable_calls_go_to_the_client() -> None:
    client = cast("Any", QueueingClient())
    stub = BankClient(client)._with_options({"metadata": {"a": "b"}}).durable
    stub._submit(CHARGE, 1, key="k")
    stub._ticket(CHARGE, "k")
    assert client.calls == [
        ("Bank.Charge", 1, {"metadata": {"a": "b"}, "key": "k"}),
        ("Bank.Charge", "k"),
    ]


def test_durable_calls_go_to_the_service_that_is_named() -> None:
    client = cast("Any", QueueingClient())
    stub = BankClient(client, service="v1").durable
    stub._submit(CHARGE, 1)
    stub._ticket(CHARGE, "k")
    assert [name for name, *_ in client.calls] == ["v1.Charge", "v1.Charge"]


@pytest.mark.parametrize("stub", [DurableStub, AsyncDurableStub])
def test_client_that_makes_no_durable_calls_is_named(stub: Any, client: Any) -> None:
    with pytest.raises(RpcError, match="<FakeClient> makes no durable calls: dial a NATS broker"):
        stub(client)._ticket(CHARGE, "k")


def test_async_durable_calls_go_to_the_client() -> None:
    class Awaited(QueueingClient):
        async def submit(self, *arguments: Any, **options: Any) -> None:  # type: ignore[override]
            super().submit(*arguments, **options)

    client = cast("Any", Awaited())
    asyncio.run(AsyncDurableStub(client)._submit(CHARGE, 1, key="k"))
    assert client.calls == [("Bank.Charge", 1, {"key": "k"})]
