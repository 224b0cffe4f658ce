from __future__ import annotations

import sys

import pytest

from rpcgen.errors import DialError
from rpcgen.protocol import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("localhost:1234", Address("tcp", "localhost", 1234)),
        ("tcp://127.0.0.1:0", Address("tcp", "127.0.0.1", 0)),
        ("tcp://[::1]:1234", Address("tcp", "::1", 1234)),
        (":1234", Address("tcp", "", 1234)),
        ("unix:///run/my.sock", Address("unix", path="/run/my.sock")),
        ("unix://relative.sock", Address("unix", path="relative.sock")),
    ],
)
def test_parse_address_of_each_kind(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:65536",
        "tcp://localhost:1/path",
        "tcp://user@localhost:1",
        "tcp://[::1:1",
    ],
)
def test_parse_address_that_is_no_host_and_port(text: str) -> None:
    with pytest.raises(DialError, match="is not host:port, such as localhost:1234"):
        parse_address(text)


def test_parse_address_of_unknown_scheme() -> None:
    with pytest.raises(DialError, match="of no known kind"):
        parse_address("gopher://localhost:70")


def test_parse_address_without_path() -> None:
    with pytest.raises(DialError, match="has no path"):
        parse_address("unix://")


@pytest.mark.parametrize("text", ["tcp://127.0.0.1:80", "tcp://[::1]:80", "unix:///run/my.sock"])
def test_str_of_address_is_what_was_parsed(text: str) -> None:
    assert str(parse_address(text)) == text


def test_parse_address_with_a_zero_byte() -> None:
    with pytest.raises(DialError, match="zero byte"):
        parse_address("unix:///run/my\0sock")


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
@pytest.mark.parametrize(
    ("text", "name"), [("unix://@mine", "\0mine"), ("unix:///run/@mine", "/run/@mine")]
)
def test_unix_name_that_is_abstract(text: str, name: str) -> None:
    assert parse_address(text).unix_name == name
