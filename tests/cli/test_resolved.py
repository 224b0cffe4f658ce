"""Commands with addresses that a resolver stands behind, here a NATS broker."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

import rpcgen
from generated.arith import ARITH_MULTIPLY, Args, register_arith
from rpcgen import cli
from rpcgen.cli.failures import UNREACHABLE, USAGE
from tests.support.broker import broker, needs_broker
from tests.support.services import Calculator
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker

ARGS = '{"A": 7, "B": 8}'
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the address of a broker to which a server has announced itself."""
    with broker() as made, rpcgen.Server(reflection=True) as server:
        made.start()
        register_arith(server, Calculator())
        server.listen("tcp://127.0.0.1:0")
        server.announce(made.url, version="1.0.0")
        made.ask("$SRV.PING")
        yield made.url


@pytest.mark.parametrize("service", ["/Arith", ""])
def test_call_finds_a_server(url: str, service: str, capsys: Captured) -> None:
    assert cli.main(["call", url + service, "Arith.Multiply", ARGS]) == 0
    assert capsys.readouterr() == ("56\n", "")


def test_list_finds_a_server(url: str, capsys: Captured) -> None:
    assert cli.main(["list", f"{url}/Arith"]) == 0
    assert "Multiply(arith.Args) int" in capsys.readouterr().out


def test_bench_finds_a_server(url: str, capsys: Captured) -> None:
    bench = ["bench", f"{url}/Arith", "Arith.Multiply", ARGS, "-n", "20", "-c", "2", "--json"]
    assert cli.main(bench) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["calls"], data["failed"]) == (20, 0)


def test_service_that_nobody_announces_is_explained(url: str, capsys: Captured) -> None:
    assert cli.main(["call", f"{url}/Nobody", "Nobody.Do"]) == UNREACHABLE
    err = capsys.readouterr().err
    assert ("no server of Nobody is announced there" in err, "announce() itself" in err) == (
        True,
        True,
    )


def test_server_that_is_found_can_be_encrypted(tmp_path: Path, capsys: Captured) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with broker() as made, rpcgen.Server() as server:
        made.start()
        register_arith(server, Calculator())
        server.listen("tls://127.0.0.1:0", tls=context)
        server.announce(made.url, version="1.0.0")
        made.ask("$SRV.PING")
        call = ["call", f"{made.url}/Arith", "Arith.Multiply", ARGS]
        assert cli.main([*call, "--ca", str(tmp_path / "ca.pem")]) == 0
    assert capsys.readouterr().out == "56\n"


def test_broker_is_told_who_calls(tmp_path: Path, capsys: Captured) -> None:
    pytest.importorskip("nkeys")
    from tests.support.nats_users import nkey_users

    config, file = nkey_users(tmp_path)
    (tmp_path / "config").write_text(config)
    with broker() as made, rpcgen.Server() as server:
        made.start("-c", str(tmp_path / "config"))
        register_arith(server, Calculator())
        server.listen("tcp://127.0.0.1:0")
        server.announce(made.url, version="1.0.0", credentials=file)
        with rpcgen.dial(made.url, credentials=file) as client:
            client.call(ARITH_MULTIPLY, Args(1, 1), wait_for_ready=True, timeout=TIMEOUT_S)
        call = ["call", f"{made.url}/Arith", "Arith.Multiply", ARGS]
        assert cli.main([*call, "--credentials", str(file)]) == 0
    assert capsys.readouterr().out == "56\n"


def test_credentials_for_no_broker_are_an_error(tmp_path: Path, capsys: Captured) -> None:
    assert cli.main(["list", "127.0.0.1:1", "--credentials", __file__]) == USAGE
    assert "is no NATS broker" in capsys.readouterr().err
