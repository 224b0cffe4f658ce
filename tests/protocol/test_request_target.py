from __future__ import annotations

import pytest

from rpcgen.protocol.request_target import RequestTarget


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/_goRPC_", ("", "/_goRPC_", "")),
        ("/_goRPC_?a=1?b", ("", "/_goRPC_", "a=1?b")),
        ("/%5fgoRPC_", ("", "/_goRPC_", "")),
        ("/debug%2Frpc", ("", "/debug%2Frpc", "")),
        ("//_goRPC_", ("", "//_goRPC_", "")),
        ("host/_goRPC_", ("host", "/_goRPC_", "")),
        ("host:80/_goRPC_?x", ("host:80", "/_goRPC_", "x")),
        ("host:80", ("host:80", "", "")),
        ("http://host/_goRPC_", ("http:", "//host/_goRPC_", "")),
    ],
)
def test_target_of_connect_is_a_path_with_or_without_a_host(
    target: str, expected: tuple[str, str, str]
) -> None:
    assert RequestTarget.parse("CONNECT", target) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/debug/rpc", ("", "/debug/rpc", "")),
        ("http://host/debug/rpc?x=1", ("host", "/debug/rpc", "x=1")),
        ("HTTPS://host:8/debug/rpc", ("host:8", "/debug/rpc", "")),
        ("http://user:secret@host/debug/rpc", ("host", "/debug/rpc", "")),
        ("http://[::1]:8/debug/rpc", ("[::1]:8", "/debug/rpc", "")),
        ("http:///debug/rpc", ("", "/debug/rpc", "")),
        ("http:/debug/rpc", ("", "/debug/rpc", "")),
        ("http://host", ("host", "", "")),
        ("http://host?x", ("host", "", "x")),
    ],
)
def test_target_of_other_methods_is_a_path_or_a_url(
    target: str, expected: tuple[str, str, str]
) -> None:
    assert RequestTarget.parse("GET", target) == expected


@pytest.mark.parametrize("target", ["debug/rpc", "*", "host:8080", ":", "http:"])
def test_target_that_is_neither_has_no_path_with_a_slash(target: str) -> None:
    assert not RequestTarget.parse("GET", target).path.startswith("/")
