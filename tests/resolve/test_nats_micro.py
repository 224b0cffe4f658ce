from __future__ import annotations

import json
from typing import Any

import pytest

from generated.arith import register_arith
from rpcgen import Method, Registry
from rpcgen.channel.resolver import Endpoint
from rpcgen.errors import DialError
from rpcgen.protocol.registry import Service
from rpcgen.resolve.nats_micro import (
    Announcement,
    announced_in,
    announced_subject,
    control_subjects,
    info_subject,
    micro_name,
    schema_hash,
    split_url,
    with_service,
)
from tests.support.services import Calculator

STARTED = "2026-01-02T03:04:05.000006Z"


def arith() -> Service:
    registry = Registry()
    register_arith(registry, Calculator())
    return registry.services[0]


def announcement(service: Service | None = None, **more: Any) -> Announcement:
    return Announcement(service or arith(), "id1", "1.4.0", STARTED, **more)


def said(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(data)
    return found


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("nats://a:4222", ("nats://a:4222", "")),
        ("nats://a", ("nats://a", "")),
        ("nats://a:4222/", ("nats://a:4222", "")),
        ("nats://a:4222/Arith", ("nats://a:4222", "Arith")),
        ("nats://[::1]:4222/Arith", ("nats://[::1]:4222", "Arith")),
        ("nats://me:secret@a:4222/shop.Cart", ("nats://me:secret@a:4222", "shop.Cart")),
    ],
)
def test_address_is_a_broker_and_a_service(address: str, parts: tuple[str, str]) -> None:
    assert split_url(address) == parts


@pytest.mark.parametrize(
    "address",
    ["nats://", "nats:///Arith", "nats://a/b/c", "nats://a/b c", "nats://a:b", "nats://a:65536"],
)
def test_address_without_a_broker_is_an_error(address: str) -> None:
    with pytest.raises(DialError, match=r"write nats://host:4222, or with /Service"):
        split_url(address)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("nats://a:4222", "nats://a:4222/Stock_v1"),
        ("nats://a:4222/", "nats://a:4222/Stock_v1"),
        ("nats://me:secret@a", "nats://me:secret@a/Stock_v1"),
        ("nats+tls://a", "nats+tls://a/Stock_v1"),
        ("nats://a/Other", "nats://a/Other"),
        (["nats://a", "nats://b"], ["nats://a/Stock_v1", "nats://b"]),
        (["nats://a", "nats://b/Other"], ["nats://a", "nats://b/Other"]),
    ],
)
def test_service_is_said_to_a_broker_unless_it_is_said_already(
    address: str | list[str], named: str | list[str]
) -> None:
    assert with_service(address, "Stock.v1") == named


def test_service_cannot_be_said_to_what_is_no_broker() -> None:
    with pytest.raises(DialError, match="no broker"):
        with_service("nats://a:b", "Stock")


def test_name_of_a_micro_service_has_no_dots() -> None:
    assert micro_name("shop.Cart") == "shop_Cart"


def test_micro_service_is_asked_on_three_subjects() -> None:
    assert control_subjects("PING", "Arith", "id1") == [
        "$SRV.PING",
        "$SRV.PING.Arith",
        "$SRV.PING.Arith.id1",
    ]


def test_subjects_of_a_service_and_of_all() -> None:
    assert (info_subject("shop.Cart"), info_subject("")) == ("$SRV.INFO.shop_Cart", "$SRV.INFO")
    assert (announced_subject("Arith"), announced_subject("")) == (
        "rpcgen.announced.Arith",
        "rpcgen.announced.*",
    )


def test_ping_is_as_the_protocol_has_it() -> None:
    assert said(announcement(metadata={"zone": "a"}).ping()) == {
        "type": "io.nats.micro.v1.ping_response",
        "name": "Arith",
        "id": "id1",
        "version": "1.4.0",
        "metadata": {"zone": "a"},
    }


def test_info_says_where_to_connect_to() -> None:
    info = said(announcement().info(["tcp://a:1", "tls://a:2"], "gob"))
    assert (info["type"], info["description"]) == (
        "io.nats.micro.v1.info_response",
        "The arithmetic service of Go's net/rpc documentation.",
    )
    assert info["endpoints"] == [
        {
            "name": "calls",
            "subject": "rpcgen.Arith",
            "queue_group": "q",
            "metadata": {
                "rpcgen.service": "Arith",
                "rpcgen.addresses": "tcp://a:1 tls://a:2",
                "rpcgen.codec": "gob",
                "rpcgen.schema": schema_hash(arith()),
            },
        }
    ]


def test_stats_add_the_methods_up() -> None:
    service = arith()
    for name, failed in (("Multiply", False), ("Multiply", False), ("Divide", True)):
        statistics = service.methods[name].statistics
        statistics.started()
        statistics.finished(0.001, failed)
    stats = said(announcement(service).stats())
    (endpoint,) = stats["endpoints"]
    assert (stats["type"], stats["started"]) == ("io.nats.micro.v1.stats_response", STARTED)
    assert (endpoint["num_requests"], endpoint["num_errors"], endpoint["last_error"]) == (3, 1, "")
    assert endpoint["data"] == {"Multiply": 2, "Divide": 1}
    assert endpoint["processing_time"] == pytest.approx(3e6, rel=0.03)
    assert endpoint["average_processing_time"] == pytest.approx(1e6, rel=0.03)


def test_stats_before_the_first_call() -> None:
    (endpoint,) = said(announcement().stats())["endpoints"]
    assert (endpoint["num_requests"], endpoint["average_processing_time"]) == (0, 0)


@pytest.mark.parametrize("version", ["", "1", "1.4", "v1.4.0", "1.4.0 ", "1.4.x"])
def test_version_that_is_none(version: str) -> None:
    with pytest.raises(ValueError, match=r"such as 1\.4\.0"):
        Announcement(arith(), "id1", version, STARTED)


@pytest.mark.parametrize("version", ["1.4.0", "0.0.1-rc.1", "1.4.0+build.5"])
def test_version_with_more(version: str) -> None:
    assert Announcement(arith(), "id1", version, STARTED).version == version


def test_hash_changes_with_the_types() -> None:
    hashes = []
    methods: list[Method[int, Any]] = [
        Method[int, int]("S.M"),
        Method[int, str]("S.M"),
        Method[int, int]("S.N"),
    ]
    for method in methods:
        registry = Registry()
        registry.register_name("S", [method.handler(lambda args: args)])
        hashes.append(schema_hash(registry.services[0]))
    assert len(set(hashes)) == 3


def test_hash_is_the_same_elsewhere() -> None:
    assert schema_hash(arith()) == schema_hash(arith())


def test_answer_is_understood() -> None:
    heard = announced_in(announcement(metadata={"zone": "a"}).info(["tcp://a:1"], "json"))
    assert heard is not None
    assert (heard.id, heard.service) == ("id1", "Arith")
    assert heard.endpoint == Endpoint("tcp://a:1", "json")
    assert heard.endpoint is not None
    found = heard.endpoint.metadata
    assert (found["version"], found["zone"], found["id"]) == ("1.4.0", "a", "id1")


def test_goodbye_is_understood() -> None:
    heard = announced_in(announcement().goodbye())
    assert heard is not None
    assert (heard.id, heard.endpoint) == ("id1", None)


FOREIGN: dict[str, Any] = {
    "type": "io.nats.micro.v1.info_response",
    "name": "other",
    "id": "x",
    "version": "1.0.0",
    "endpoints": [{"name": "e", "subject": "s", "metadata": None}],
}
METADATA = {"rpcgen.addresses": "tcp://a:1", "rpcgen.codec": "gob"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        json.dumps(FOREIGN).encode(),
        json.dumps({**FOREIGN, "endpoints": None}).encode(),
        json.dumps({**FOREIGN, "endpoints": [1]}).encode(),
        json.dumps({**FOREIGN, "endpoints": [{"metadata": [1]}]}).encode(),
        json.dumps(
            {**FOREIGN, "endpoints": [{"metadata": {**METADATA, "rpcgen.codec": "xml"}}]}
        ).encode(),
        json.dumps(
            {**FOREIGN, "endpoints": [{"metadata": {**METADATA, "rpcgen.addresses": " "}}]}
        ).encode(),
        json.dumps(
            {**FOREIGN, "endpoints": [{"metadata": {**METADATA, "rpcgen.addresses": "a"}}]}
        ).encode(),
    ],
    ids=lambda data: repr(data[:30]),
)
def test_answers_of_others_are_passed_over(data: bytes) -> None:
    assert announced_in(data) is None
