from __future__ import annotations

import importlib.util
import ssl
from pathlib import Path
from typing import Any

import pytest

from rpcgen.errors import DialError
from rpcgen.resolve.brokers import Brokers

SEED = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n"


def options(*addresses: str) -> dict[str, Any]:
    return Brokers.of(addresses).connect_options()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("nats://a:1/Bank", "nats://a:1"),
        ("tls://a:1", "tls://a:1"),
        ("nats+tls://me:secret@a/Bank", "tls://a:4222"),
        ("nats://[::1]", "nats://[::1]:4222"),
    ],
)
def test_address_is_as_the_library_has_it(address: str, url: str) -> None:
    assert Brokers.of(address).connect_options()["servers"] == [url]


def test_service_may_be_named_once() -> None:
    assert Brokers.of(["nats://a/Bank", "nats://b", "nats://c/Bank"]).service == "Bank"


@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("me:secret", {"user": "me", "password": "secret"}),
        ("me:p%40s%2Fs", {"user": "me", "password": "p@s/s"}),
        ("me:a:b@c", {"user": "me", "password": "a:b@c"}),
        ("s3cr%65t", {"token": "s3cret"}),
    ],
)
def test_user_is_one_at_all_brokers(user: str, said: dict[str, str]) -> None:
    # Also at those that are not in the list, and that the first one tells of.
    expected = {"servers": ["nats://a:1", "nats://b:2"], "tls": None, **said}
    assert options(f"nats://{user}@a:1", "nats://b:2") == expected


def test_user_is_not_shown() -> None:
    made = Brokers.of(["nats://me:secret@a:1", "nats://b"])
    assert str(made) == "nats://a:1, nats://b"
    assert "secret" not in repr(made)


@pytest.mark.parametrize(
    ("addresses", "error", "text"),
    [
        ([], ValueError, "at least one"),
        (7, TypeError, "a list of such"),
        (["nats://a", 7], TypeError, "a list of such"),
        (["nats://a", "tcp://b"], DialError, "is no broker"),
        (["nats://a", "tls://b"], ValueError, "write tls:// for all"),
        (["nats://a/Bank", "nats://b/Shop"], ValueError, "different services"),
        (["nats://me:secret@a", "nats://me:other@b"], ValueError, "different users"),
    ],
)
def test_addresses_that_do_not_fit_are_an_error(
    addresses: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text) as caught:
        Brokers.of(addresses)
    assert "secret" not in str(caught.value)


def test_context_is_one() -> None:
    with pytest.raises(TypeError, match=r"ssl\.SSLContext"):
        Brokers.of("tls://a", tls="ca.pem")  # type: ignore[arg-type]


def test_context_for_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nats://a is not encrypted"):
        Brokers.of("nats://a", ssl.create_default_context()).encrypted()


def test_what_is_known_stays() -> None:
    known = Brokers.of("nats://me@a")
    assert Brokers.of(known) is known


# --- credentials ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "option"),
    [
        (SEED, {"nkeys_seed_str": SEED.strip()}),
        (f"-----BEGIN NATS USER JWT-----\neyJ\n-----\n\n{SEED}", {"user_credentials": "{file}"}),
    ],
)
def test_credentials_are_told_by_what_the_file_holds(
    text: str, option: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("nkeys")
    file = tmp_path / "me"
    file.write_text(text)
    made = Brokers.of("nats://a", credentials=file).connect_options()
    said = {name: value.format(file=file) for name, value in option.items()}
    assert made == {"servers": ["nats://a:4222"], "tls": None, **said}


def test_file_without_credentials_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "me"
    file.write_text("me:secret")
    with pytest.raises(ValueError, match="holds neither") as caught:
        Brokers.of("nats://a", credentials=file)
    assert "secret" not in str(caught.value)


def test_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DialError, match=r"credentials cannot be read: .*No such file"):
        Brokers.of("nats://a", credentials=tmp_path / "none")


def test_credentials_are_a_path() -> None:
    with pytest.raises(TypeError, match="write the path of a file"):
        Brokers.of("nats://a", credentials=7)  # type: ignore[arg-type]


def test_package_that_signs_is_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "me").write_text(SEED)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install nkeys"):
        Brokers.of("nats://a", credentials=tmp_path / "me")
