"""Brokers that are encrypted, that ask who one is, or that are several: on each road to them."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, cast

import nats
import pytest
import trustme

import rpcgen
from rpcgen import DeadlineExceededError, Method, Retry, RpcError, ServerError, WorkQueue, aio
from rpcgen.resolve.brokers import Brokers
from tests.support.broker import Broker, broker, cluster, needs_broker
from tests.support.timeouts import TIMEOUT_S

pytestmark = needs_broker

DOUBLE = Method[int, int]("Twice.Double", durable=True, idempotent=True)
RETRY = Retry(attempts=100, backoff=0.1, budget=1.0)
OPTIONS: dict[str, Any] = {"retry": RETRY, "call_timeout": TIMEOUT_S}

Road = Callable[..., int]


def double(number: int) -> int:
    return 2 * number


def sync_road(target: Any, way: str, **options: Any) -> int:
    server = rpcgen.Server()
    server.register_name("Twice", [DOUBLE.handler(double)])
    server.listen("tcp://127.0.0.1:0")
    take(server, target, way, options)
    via: Any = {"via": "nats"} if way == "via" else {}
    with server, rpcgen.dial(target, **OPTIONS, **via, **options) as client:
        if way != "durable":
            return cast("int", client.call(DOUBLE, 21))
        return cast("int", client.submit(DOUBLE, 21, timeout=TIMEOUT_S).result(TIMEOUT_S))


def async_road(target: Any, way: str, **options: Any) -> int:
    async def main() -> int:
        server = aio.Server()
        server.register_name("Twice", [DOUBLE.handler(double)])
        await server.listen("tcp://127.0.0.1:0")
        take(server, target, way, options)
        via: Any = {"via": "nats"} if way == "via" else {}
        async with server, aio.dial(target, **OPTIONS, **via, **options) as client:
            if way != "durable":
                return cast("int", await client.call(DOUBLE, 21))
            ticket = await client.submit(DOUBLE, 21, timeout=TIMEOUT_S)
            return cast("int", await ticket.result(TIMEOUT_S))

    return asyncio.run(main())


def take(server: Any, target: Any, way: str, options: dict[str, Any]) -> None:
    if way == "durable":
        server.work(target, **options)
    else:
        via = "nats" if way == "via" else None
        server.announce(target, version="1.0.0", via=via, **options)


@pytest.fixture(params=["find", "via", "durable"])
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(params=[sync_road, async_road], ids=["sync", "asyncio"])
def road(request: pytest.FixtureRequest, way: str) -> Road:
    def go(target: Any, **options: Any) -> int:
        called: int = request.param(target, way, **options)
        return called

    return go


@pytest.fixture
def own() -> Iterator[Broker]:
    """A broker that keeps calls, to be started."""
    with tempfile.TemporaryDirectory() as folder, broker() as made:
        made.options = ("-js", "-sd", folder)
        yield made
        made.stop()


@pytest.fixture
def other() -> Iterator[Broker]:
    """A broker that is not there."""
    with broker() as made:
        yield made


def at(made: Broker, user: str = "", scheme: str = "nats") -> str:
    place = made.url.removeprefix("nats://")
    return f"{scheme}://{user}@{place}" if user else f"{scheme}://{place}"


# --- who one is ----------------------------------------------------------------------------------


def test_password_has_what_an_address_cannot(own: Broker, road: Road) -> None:
    own.start("--user", "me", "--pass", "p@s/s:word")
    assert road(at(own, "me:p%40s%2Fs:word")) == 42


def test_token_lets_in(own: Broker, road: Road) -> None:
    own.start("--auth", "s3cret")
    assert road(at(own, "s3cret")) == 42


@pytest.mark.parametrize("kind", ["nkey_users", "jwt_users"])
def test_credentials_let_in(own: Broker, road: Road, kind: str, tmp_path: Path) -> None:
    pytest.importorskip("nkeys")
    from tests.support import nats_users

    config, file = getattr(nats_users, kind)(tmp_path)
    (tmp_path / "config").write_text(config)
    own.start("-c", str(tmp_path / "config"))
    begin_account(own, file)
    assert road(at(own), credentials=file) == 42


def begin_account(made: Broker, credentials: Path) -> None:
    """Have a broker begin with an account, as it does with the first who comes with its JWT.

    Where two come at the same time, version 2.9.10 may lose what it keeps for the first one.
    """

    async def connect() -> None:
        options = Brokers.of(at(made), credentials=credentials).connect_options()
        client = await nats.connect(**options)
        await client.jetstream(timeout=TIMEOUT_S).account_info()
        await client.close()

    asyncio.run(connect())


def test_wrong_credentials_are_said(own: Broker, tmp_path: Path) -> None:
    pytest.importorskip("nkeys")
    from tests.support import nats_users

    (tmp_path / "a").mkdir()
    config, _ = nats_users.nkey_users(tmp_path)
    _, stranger = nats_users.nkey_users(tmp_path / "a")
    (tmp_path / "config").write_text(config)
    own.start("-c", str(tmp_path / "config"))
    with rpcgen.dial(at(own), credentials=stranger) as client:
        # The broker may have hung up before what it says has been read.
        with pytest.raises(RpcError, match=r"Authorization Violation|reset by peer"):
            client.call(DOUBLE, 1, timeout=TIMEOUT_S)


def test_permissions_that_the_page_shows_suffice(own: Broker, tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "durable.md").read_text()
    users = page.partition("These permissions suffice")[2].split("```")[1].removeprefix("text")
    (tmp_path / "config").write_text(f"authorization {{ users: [ {users} ] }}")
    own.start("-c", str(tmp_path / "config"))
    methods = [Method[int, int](f"Bank.{name}", durable=True) for name in ("Charge", "Refund")]
    server = rpcgen.Server()
    server.register_name("Bank", [each.handler(double) for each in methods])
    server.work(at(own, "worker:w"))
    with server, rpcgen.dial(at(own, "client:c")) as client:
        assert client.submit(methods[0], 21, timeout=TIMEOUT_S).result(TIMEOUT_S) == 42
        with pytest.raises(RpcError):
            client.submit(methods[1], 21, key="k", timeout=1.0)
        with pytest.raises(RpcError, match="nothing is known of a call"):
            client.ticket(methods[1], "k").done()


def test_credentials_for_no_broker_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="for a NATS broker"):
        rpcgen.dial("tcp://127.0.0.1:1", credentials=tmp_path)


# --- encrypted -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())


@pytest.fixture
def encrypted(own: Broker, authority: trustme.CA, tmp_path: Path) -> Broker:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "chain")
    own.start("--tls", "--tlscert", str(tmp_path / "chain"), "--tlskey", str(tmp_path / "key"))
    return own


def test_broker_is_encrypted_to(encrypted: Broker, road: Road, trusting: ssl.SSLContext) -> None:
    # The server is found at an address without TLS, which the broker is trusted for.
    assert road(at(encrypted, scheme="nats+tls"), tls=trusting) == 42


def test_broker_is_trusted_by_those_who_are_told_to(encrypted: Broker) -> None:
    with rpcgen.dial(at(encrypted, scheme="nats+tls")) as client:
        with pytest.raises(RpcError, match="certificate verify failed"):
            client.call(DOUBLE, 1, timeout=TIMEOUT_S)


def test_nobody_says_who_one_is_without_encryption(own: Broker, trusting: ssl.SSLContext) -> None:
    # As when somebody in between says that the broker does not encrypt.
    own.start("--user", "me", "--pass", "secret")
    with rpcgen.dial(at(own, "me:secret", "nats+tls"), tls=trusting) as client:
        with pytest.raises(RpcError, match="the broker does not encrypt"):
            client.call(DOUBLE, 1, timeout=TIMEOUT_S)


def test_context_for_a_broker_without_encryption_is_an_error(trusting: ssl.SSLContext) -> None:
    server = rpcgen.Server()
    with pytest.raises(ValueError, match="not encrypted"):
        server.work("nats://127.0.0.1:1", tls=trusting)
    with pytest.raises(ValueError, match="not encrypted"):
        server.announce("nats://127.0.0.1:1", version="1.0.0", tls=trusting)


# --- several -------------------------------------------------------------------------------------


def test_broker_that_is_not_there_is_passed_over(own: Broker, other: Broker, road: Road) -> None:
    own.start()
    assert road([at(other), at(own)]) == 42


@contextmanager
def serving(target: Any, way: str, **more: Any) -> Iterator[rpcgen.Channel]:
    """Serve by brokers, and yield a client that is dialed there."""
    server = rpcgen.Server()
    server.register_name("Twice", [DOUBLE.handler(double)])
    server.listen("tcp://127.0.0.1:0")
    take(server, target, way, more)
    via: Any = {"via": "nats"} if way == "via" else {}
    with server, rpcgen.dial(target, **OPTIONS, **via) as client:
        yield client


@pytest.mark.parametrize("way", ["find", "via"])
def test_calls_go_on_when_brokers_of_a_cluster_end(way: str) -> None:
    with cluster(3) as brokers:
        urls = [each.url for each in brokers]
        with serving(urls, way) as client:
            assert client.call(DOUBLE, 1) == 2
            for number, each in enumerate(brokers):
                each.stop()
                assert answered(client, way, number) == 2 * number
                each.start()


def answered(client: rpcgen.Channel, way: str, number: int) -> int:
    """Return what a call is answered, or a later one where a broker took it along as it ended.

    Only its deadline tells that then: the client may be at another broker.
    """
    if way == "find":
        return client.call(DOUBLE, number)
    ends = monotonic() + TIMEOUT_S
    while True:
        try:
            return client.call(DOUBLE, number, timeout=5.0)
        except (DeadlineExceededError, ServerError):  # lost, or none has come back by then
            if monotonic() > ends:
                raise


def test_brokers_of_a_cluster_are_learned_from_one() -> None:
    # The user that the address of the first one names is one at the others too.
    with cluster(2, "--user", "me", "--pass", "secret") as (first, second):
        with rpcgen.dial(at(first, "me:secret"), **OPTIONS) as client:
            with serving(at(first, "me:secret"), "find"):
                assert client.call(DOUBLE, 2) == 4
            first.stop()
            with serving(at(second, "me:secret"), "find"):
                assert client.call(DOUBLE, 3) == 6


@pytest.mark.slow
def test_durable_calls_survive_the_loss_of_a_broker() -> None:
    with cluster(3) as brokers:
        urls = [each.url for each in brokers]
        with serving(urls, "durable", queue=WorkQueue(replicas=3)) as client:
            ticket = client.submit(DOUBLE, 1, key="before", timeout=TIMEOUT_S)
            assert ticket.result(TIMEOUT_S) == 2
            leader_of(brokers, "rpcgen-calls-Twice").stop()
            assert client.submit(DOUBLE, 2, key="after", timeout=TIMEOUT_S).result(TIMEOUT_S) == 4
            assert client.ticket(DOUBLE, "before").result(TIMEOUT_S) == 2


def leader_of(brokers: list[Broker], stream: str) -> Broker:
    """Return the broker that all others follow in what they keep of a stream."""

    async def ask() -> str:
        client = await nats.connect(brokers[0].url)
        try:
            info = await client.jetstream(timeout=TIMEOUT_S).stream_info(stream)
            assert info.cluster is not None
            return str(info.cluster.leader)
        finally:
            await client.close()

    return brokers[int(asyncio.run(ask()).removeprefix("n"))]
