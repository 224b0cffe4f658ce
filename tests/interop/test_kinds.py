"""Every kind of value that an IDL knows, between Python and stock Go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from attrs import define

from generated import kinds
from generated.kinds import (
    KINDS_CALLED_OTHERWISE_BY_GO,
    KINDS_NOTHING,
    KindsCalledOtherwiseByGoArgs,
)
from rpcgen import Method
from tests.support.apis import Api, ApiClient
from tests.support.services import EchoKinds

from .gopeer import Answer, GoClient
from .samples import SAMPLES, Sample

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


@define
class Compared:
    """The arguments of ``Kinds.Compare``, which only Go serves."""

    method: str
    zero: bool


COMPARE = Method[Compared, str]("Kinds.Compare")


@pytest.fixture
def served() -> EchoKinds:
    return EchoKinds()


@pytest.fixture
def go_client(
    api: Api, served: EchoKinds, go_clients: Callable[..., GoClient]
) -> Iterator[GoClient]:
    """A stock Go client of a Python server that remembers what it is sent."""
    with api.serve("tcp://127.0.0.1:0", served.register) as address:
        yield go_clients(address)


def test_every_echo_has_its_samples() -> None:
    methods = {value.name for value in vars(kinds).values() if isinstance(value, Method)}
    echoes = {name for name in methods if name.startswith("Kinds.Echo")}
    assert {sample.method.name for sample in SAMPLES} == echoes


@each_sample
def test_value_comes_back_from_go(client: ApiClient, sample: Sample) -> None:
    assert client.call(sample.method, sample.value) == sample.value


@each_sample
def test_value_comes_back_from_go_as_the_same_type(client: ApiClient, sample: Sample) -> None:
    assert type(client.call(sample.method, sample.value)) is type(sample.value)


@each_sample
def test_value_is_in_go_what_it_is_in_python(client: ApiClient, sample: Sample) -> None:
    client.call(sample.method, sample.value)
    assert client.call(COMPARE, Compared(sample.method.name, sample.name == "zero")) == ""


@each_sample
def test_value_of_go_comes_back_from_python(go_client: GoClient, sample: Sample) -> None:
    assert go_client.sample(sample.method.name, sample.name) == Answer("")


@each_sample
def test_value_of_go_is_in_python_what_it_is_in_go(
    go_client: GoClient, served: EchoKinds, sample: Sample
) -> None:
    go_client.sample(sample.method.name, sample.name)
    assert served.received[sample.method.name] == sample.value


@pytest.mark.parametrize(
    "value",
    [
        True,
        -7,
        2.5,
        1j,
        "",
        b"\x00",
        [1, 2],
        ["a", "b"],
        [0.5],
        kinds.Cell(1, 2),
        kinds.Basic(whole=3),
        kinds.Tree(1, left=kinds.Tree(2)),
    ],
    ids=repr,
)
def test_anything_comes_back_from_go(client: ApiClient, value: Any) -> None:
    assert client.call(kinds.KINDS_ECHO_ANY, value) == value


def test_nothing_is_sent_and_returned_to_python(client: ApiClient) -> None:
    assert client.call(KINDS_NOTHING, None) is None


def test_nothing_is_sent_and_returned_to_go(go_client: GoClient) -> None:
    assert go_client.call("Kinds.Nothing", {}) == Answer({})


@pytest.mark.parametrize(("text", "reply"), [(None, "4 nil"), ("four", "4 four")])
def test_parameters_travel_as_a_struct_to_go(
    client: ApiClient, text: str | None, reply: str
) -> None:
    assert client.call(KINDS_CALLED_OTHERWISE_BY_GO, KindsCalledOtherwiseByGoArgs(4, text)) == reply


@pytest.mark.parametrize(("text", "reply"), [(None, "4 nil"), ("four", "4 four")])
def test_parameters_travel_as_a_struct_from_go(
    go_client: GoClient, text: str | None, reply: str
) -> None:
    assert go_client.call("Kinds.Renamed", {"Number": 4, "Text": text}) == Answer(reply)
