"""Tests of `rpcgen.cli.remote.target`."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import trustme

import rpcgen
from rpcgen import cli
from rpcgen.cli.failures import USAGE, Failure
from rpcgen.cli.remote.target import Target, target_options
from tests.support.timeouts import TIMEOUT_S


@click.command
@target_options
@click.argument("more")
def command(target: Target, more: str) -> tuple[Target, str]:
    """Return what it was told."""
    return target, more


def target_of(*arguments: str) -> Target:
    target: Target
    target, more = command.main([*arguments, "more"], standalone_mode=False)
    assert more == "more"
    return target


def test_options_become_the_target() -> None:
    target = target_of(
        *("localhost:1", "--codec", "json", "--timeout", "2.5", "--page", "http://localhost:2"),
        *("--metadata", "a=b", "--metadata", "c=d=e"),
    )
    assert target == Target(
        "localhost:1", "json", 2.5, {"a": "b", "c": "d=e"}, "http://localhost:2", None
    )


@pytest.mark.parametrize(
    "arguments", [("--metadata", "a"), ("--metadata", "=b"), ("--timeout", "0"), ("--codec", "xml")]
)
def test_option_of_another_form_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        target_of("localhost:1", *arguments)


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("localhost:1", ""),
        ("tcp://localhost:1", ""),
        ("unix:///x", ""),
        ("http://localhost:1", "http://localhost:1"),
        ("http://localhost:1/rpc", "http://localhost:1"),
        ("https://[::1]:1", "https://[::1]:1"),
        ("http+unix:///x", "http+unix:///x"),
    ],
)
def test_page_is_where_http_is(address: str, page: str) -> None:
    assert Target(address).page_address == page


def test_timeout_bounds_calls_too() -> None:
    with rpcgen.Server() as server:
        address = server.listen("127.0.0.1:0").address
        with Target(address, timeout=TIMEOUT_S).dial() as client:
            assert client._defaults is not None
            assert client._defaults.timeout == TIMEOUT_S


@pytest.mark.parametrize("option", ["--insecure", "--ca", "--cert"])
def test_certificates_need_an_encrypted_address(option: str) -> None:
    arguments = [option] if option == "--insecure" else [option, __file__]
    with pytest.raises(Failure, match="is not encrypted") as raised:
        target_of("localhost:1", *arguments)
    assert raised.value.status == USAGE


def test_key_without_a_certificate_is_wrong_usage() -> None:
    with pytest.raises(Failure, match="say --cert FILE too"):
        target_of("tls://localhost:1", "--key", __file__)


@pytest.mark.parametrize("option", ["--ca", "--cert"])
def test_file_that_is_no_certificate_is_wrong_usage(option: str) -> None:
    with pytest.raises(Failure, match="cannot read the certificates"):
        target_of("tls://localhost:1", option, __file__)


def test_server_is_trusted_by_its_authority_or_blindly(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    own = authority.issue_cert("client@example.org")
    own.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "own.pem"))
    with_ca = target_of("tls://localhost:1", "--ca", f"{tmp_path}/ca.pem")
    assert with_ca.tls is not None
    assert [each["subject"] for each in with_ca.tls.get_ca_certs()]
    with_cert = target_of("https://localhost:1", "--cert", f"{tmp_path}/own.pem", "--insecure")
    assert with_cert.tls is not None
    assert not with_cert.tls.check_hostname


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--timeout=inf", "more than 1,000,000 seconds"),
        ("--timeout=nan", "not greater than 0"),
        ("--timeout=0", "not greater than 0"),
        ("--metadata=A=1", "without capital letters"),
        ("--metadata=ä=1", "visible ASCII"),
        ("--metadata=a", "not name=value"),
    ],
)
def test_options_that_no_call_takes_are_wrong_usage(
    option: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["call", "127.0.0.1:1", "Arith.Multiply", "1", option]) == USAGE
    assert said in capsys.readouterr().err
