"""Go programs as they are: names in another case, UUIDs, texts that are not UTF-8, any values."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from attrs import Factory, define

from rpcgen import DecodeError, Method, Registry, ServerError, gob
from rpcgen.protocol import CodecName
from rpcgen.types import GoTime, Uint8, length, wire
from tests.golang import build
from tests.support.apis import APIS, ApiClient

U = UUID("00112233-4455-6677-8899-aabbccddeeff")


@define
class User:
    guid: Annotated[str, wire("Guid")]
    cpu_usage: Annotated[float, wire("CpuUsage")]
    name: str


@define
class Item:
    id: UUID
    tags: dict[UUID, str]
    items: Annotated[list[UUID], wire("List")] = Factory(list)
    none: UUID | None = None


@wire("main.Named")
@define
class Named:
    x: int


@wire("main.Colour")
class Colour(IntEnum):
    RED = 0
    BLUE = 3


USER = Method[int, User]("Wild.User")
ECHO_UUID = Method[UUID, UUID]("Wild.EchoUUID")
ECHO_ARRAY = Method[Annotated[UUID, length(16)], Annotated[UUID, length(16)]]("Wild.EchoArray")
ECHO_ITEM = Method[Item, Item]("Wild.EchoItem")
DESCRIBE = Method[Item, str]("Wild.Describe")
FAIL = Method[int, int]("Wild.Fail")
LATIN = Method[str, str]("Wild.Latin")
VALUE = Method[int, Any]("Wild.Value")
TYPE_OF = Method[Any, str]("Wild.TypeOf")
TIME = Method[int, datetime]("Wild.Time")
GO_TIME = Method[int, GoTime]("Wild.Time")


@pytest.fixture(scope="module")
def program() -> Path:
    return build(Path(__file__).with_name("wild"))


@pytest.fixture(scope="module", params=["gob", "json"])
def codec(request: pytest.FixtureRequest) -> CodecName:
    name: CodecName = request.param
    return name


@pytest.fixture(scope="module")
def go(program: Path, codec: CodecName) -> Iterator[str]:
    """The address of the Go program, which speaks the codec."""
    with subprocess.Popen(
        [program, codec], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.fixture(params=sorted(APIS))
def client(request: pytest.FixtureRequest, go: str, codec: CodecName) -> Iterator[ApiClient]:
    with APIS[request.param].dial(go, codec=codec) as client:
        yield client


@pytest.fixture(autouse=True, scope="module")
def registered() -> None:
    gob.register(Named)
    gob.register(Colour)


def test_uuid_of_google_comes_back(client: ApiClient) -> None:
    assert client.call(ECHO_UUID, U) == U


def test_uuid_as_an_array_comes_back(client: ApiClient) -> None:
    assert client.call(ECHO_ARRAY, U) == U


def test_uuids_in_a_message_come_back(client: ApiClient) -> None:
    item = Item(U, {U: "x"}, [U, UUID(int=0)], U)
    assert client.call(ECHO_ITEM, item) == item


def test_uuid_is_what_go_takes_it_for(client: ApiClient) -> None:
    assert client.call(DESCRIBE, Item(U, {U: "x"})) == f"{{{U} map[{U}:x] [] <nil>}}"


def test_name_in_another_case_is_taken_as_it_is_named(client: ApiClient) -> None:
    assert client.call(USER, 1) == User("g-1", 0.5, "bob")


def test_name_in_another_case_is_told(
    client: ApiClient, codec: CodecName, caplog: pytest.LogCaptureFixture
) -> None:
    @define
    class User:
        guid: str
        name: str

    user: Any = client.call(Method[int, User]("Wild.User"), 1)
    assert user.name == "bob"
    # In JSON names fit in any case.
    assert user.guid == ("" if codec == "gob" else "g-1")
    assert ('wire("Guid")' in caplog.text) == (codec == "gob")


def test_error_text_that_is_not_utf8_is_told(client: ApiClient) -> None:
    with pytest.raises(ServerError, match="open caf\ufffd: no such file"):
        client.call(FAIL, 1)
    assert client.call(ECHO_UUID, U) == U


@pytest.mark.parametrize("api", sorted(APIS))
def test_string_that_is_not_utf8_is_kept_on_demand(api: str, program: Path) -> None:
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with APIS[api].dial(address) as client:
            with pytest.raises(DecodeError, match="pass strings='surrogateescape'"):
                client.call(LATIN, "")
        with APIS[api].dial(address, strings="surrogateescape") as client:
            assert client.call(LATIN, "\udce9") == "caf\udce9\udce9"
        process.kill()


def test_moment_whose_zone_has_no_year_is_there(client: ApiClient, codec: CodecName) -> None:
    if codec == "gob":  # JSON has the date of the zone
        assert client.call(TIME, 1) == datetime.min.replace(tzinfo=UTC)


def test_moment_without_a_datetime_names_the_way_out(client: ApiClient, codec: CodecName) -> None:
    if codec == "gob":
        with pytest.raises(DecodeError, match="GoTime"):
            client.call(TIME, 3)


def test_moment_of_any_year_is_a_go_time(client: ApiClient, codec: CodecName) -> None:
    assert str(client.call(GO_TIME, 0)) == "0001-01-01T00:00:00Z"
    assert str(client.call(GO_TIME, 1)) == "0000-12-31T19:00:00-05:00"
    if codec == "gob":  # Go's JSON refuses the others
        assert str(client.call(GO_TIME, 3)) == "+10000-01-01T00:00:00.000000001Z"
        assert str(client.call(GO_TIME, 4)) == "-0005-01-02T03:04:05.000000006Z"
        assert client.call(GO_TIME, 5) == GoTime(1 << 40, 999999999, -5 * 3600)


TYPES = [
    "uint8",
    "int8",
    "uint64",
    "float32",
    "complex64",
    "int",
    "string",
    "bool",
    "[]uint8",
    "[]string",
    "[]interface {}",
    "[]interface {}",
    "[]int",
    "map[string]interface {}",
    "main.Named",
    "main.Colour",
    "time.Time",
    "time.Duration",
    "main.UUID",
]


@pytest.mark.parametrize("number", range(len(TYPES)), ids=TYPES)
def test_value_of_an_interface_keeps_its_type(
    client: ApiClient, codec: CodecName, number: int
) -> None:
    if codec == "gob":
        value = client.call(VALUE, number)
        assert client.call(TYPE_OF, value).partition(" ")[0] == TYPES[number].partition(" ")[0]


def test_value_of_an_interface_is_plain(client: ApiClient, codec: CodecName) -> None:
    if codec == "gob":
        value = client.call(VALUE, 0)
        assert isinstance(value, int)
        assert (value, value + 1, f"{value}") == (200, 201, "200")


def test_type_of_a_list_does_not_depend_on_what_it_holds(
    client: ApiClient, codec: CodecName
) -> None:
    if codec == "gob":
        for value in [], ["c"], [1], [1, "c"], ["c", None]:
            assert client.call(TYPE_OF, value).startswith("[]interface {} ")


def test_type_of_a_value_can_be_said(client: ApiClient, codec: CodecName) -> None:
    if codec == "gob":
        assert client.call(TYPE_OF, gob.Typed(["c"], list[str])) == "[]string [c]"
        assert client.call(TYPE_OF, gob.Typed(5, Uint8)) == "uint8 5"


def serve_echo(server: Registry) -> None:
    def echo(value: Any) -> Any:
        return value

    server.register_name(
        "Echo",
        (
            Method[Any, Any]("Echo.Value").handler(echo),
            Method[UUID, UUID]("Echo.UUID").handler(echo),
        ),
    )


@pytest.mark.parametrize("api", sorted(APIS))
def test_go_client_gets_back_what_it_has_sent(api: str, program: Path) -> None:
    with (
        APIS[api].serve("tcp://127.0.0.1:0", serve_echo) as address,
        subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        process.stdin.write(address.removeprefix("tcp://") + "\n")
        process.stdin.flush()
        lines = [line.rstrip() for line in iter(process.stdout.readline, "done\n")]
        process.kill()
    assert lines == [
        *(f"{name} true" for name in TYPES),
        "01020000-0000-0000-0000-000000000000 <nil>",
        "true",
    ]
