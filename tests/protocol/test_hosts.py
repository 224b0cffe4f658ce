from __future__ import annotations

import platform

import pytest

from rpcgen.protocol.hosts import HostNames, host_name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("example.com", "example.com"),
        ("Example.COM:80", "example.com"),
        ("example.com.", "example.com"),
        ("127.0.0.1:1234", "127.0.0.1"),
        ("[::1]:1234", "::1"),
        ("[::1]", "::1"),
        ("::1", "::1"),
        (" a:1 ", "a"),
        ("", ""),
    ],
)
def test_host_name(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1:1234", "[::1]:1234", "192.168.1.5", "localhost:80", "LOCALHOST."),
        *("a.localhost", "rpc.example.com:443", "bound.example", platform.node(), None),
    ],
)
def test_own_names_are_taken(host: str | None) -> None:
    assert HostNames("bound.example", ("rpc.example.com",)).refusal(host, None) == ""


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:1234", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("evillocalhost", "1.2.3", "0x7f000001", "", "[evil.example]:1", "127.0.0.1@evil.example"),
    ],
)
def test_name_of_another_site_is_refused(host: str) -> None:
    assert HostNames("127.0.0.1").refusal(host, None).startswith(f"Host {host!r} is none of")


def test_refusal_says_what_to_do() -> None:
    assert "handle_http(hosts=['evil.example'])" in HostNames("").refusal("evil.example:1", None)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:1234", "127.0.0.1:1234"),
        ("http://LOCALHOST:1234", "localhost:1234"),
        ("https://localhost", "localhost"),
        ("http://[::1]:80", "[::1]:80"),
    ],
)
def test_own_origin_is_taken(origin: str, host: str) -> None:
    assert HostNames("127.0.0.1").refusal(host, origin) == ""


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "http://evil.example",
            "null",
            "",
            "http://127.0.0.1:8000",
            "http://127.0.0.1",
            "file://",
        ),
        *("http://127.0.0.1:1234.evil.example", "http://[", "127.0.0.1:1234"),
    ],
)
def test_origin_of_another_site_is_refused(origin: str) -> None:
    refusal = HostNames("127.0.0.1").refusal("127.0.0.1:1234", origin)
    assert refusal.startswith(f"Origin {origin!r} is another site")


def test_origin_without_host_is_refused() -> None:
    assert HostNames("127.0.0.1").refusal(None, "http://127.0.0.1") != ""


@pytest.mark.parametrize("names", [HostNames(None), HostNames("", ("*",))])
def test_any_name_is_taken_where_none_leads_there(names: HostNames) -> None:
    assert names.refusal("evil.example", "http://other.example") == ""


def test_origin_of_a_named_site_is_taken_behind_a_proxy() -> None:
    names = HostNames("127.0.0.1", ("rpc.example.com",))
    assert names.refusal("127.0.0.1:1234", "https://rpc.example.com") == ""
