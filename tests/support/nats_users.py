"""Users of a NATS broker with keys in the place of passwords: an NKEY, and one with a JWT."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

nkeys: Any = pytest.importorskip("nkeys")

__all__ = ["jwt_users", "nkey_users"]


def nkey_users(folder: Path) -> tuple[str, Path]:
    """Return the configuration of a broker with one user, and the file of its seed."""
    seed, public = _key(nkeys.PREFIX_BYTE_USER)
    file = folder / "user.nk"
    file.write_bytes(seed + b"\n")
    return f"authorization {{ users: [ {{ nkey: {public} }} ] }}\n", file


def jwt_users(folder: Path) -> tuple[str, Path]:
    """Return the configuration of a broker that trusts an operator, and credentials of a user."""
    operator, operator_id = _key(nkeys.PREFIX_BYTE_OPERATOR)
    account, account_id = _key(nkeys.PREFIX_BYTE_ACCOUNT)
    user, user_id = _key(nkeys.PREFIX_BYTE_USER)
    kinds = "subs data payload imports exports conn leaf mem_storage disk_storage streams consumer"
    unlimited = dict.fromkeys(kinds.split(), -1)
    _, system_id = _key(nkeys.PREFIX_BYTE_ACCOUNT)
    operator_jwt = _jwt(operator, operator_id, operator_id, {"type": "operator"})
    limits = {"type": "account", "limits": {**unlimited, "wildcards": True}}
    account_jwt = _jwt(operator, operator_id, account_id, limits)
    system_jwt = _jwt(operator, operator_id, system_id, {"type": "account"})
    user_jwt = _jwt(
        account, account_id, user_id, {"type": "user", "subs": -1, "data": -1, "payload": -1}
    )
    file = folder / "user.creds"
    file.write_text(
        f"-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.decode()}\n------END USER NKEY SEED------\n"
    )
    return (
        f"operator: {operator_jwt}\nsystem_account: {system_id}\nresolver: MEMORY\n"
        f"resolver_preload: {{ {account_id}: {account_jwt}, {system_id}: {system_jwt} }}\n"
    ), file


def _key(kind: int) -> tuple[bytes, str]:
    """Return the seed of a new key, and its public name."""
    seed: bytes = nkeys.encode_seed(os.urandom(32), kind)
    return seed, nkeys.from_seed(bytearray(seed)).public_key.decode()


def _jwt(issuer: bytes, issuer_id: str, subject: str, claims: dict[str, Any]) -> str:
    body = {
        "iat": int(time.time()),
        "iss": issuer_id,
        "name": subject[:8],
        "nats": {"version": 2, **claims},
        "sub": subject,
    }
    body["jti"] = base64.b32encode(hashlib.sha256(json.dumps(body).encode()).digest()).decode()
    head = {"alg": "ed25519-nkey", "typ": "JWT"}
    text = ".".join(_coded(json.dumps(each).encode()) for each in (head, body))
    return f"{text}.{_coded(nkeys.from_seed(bytearray(issuer)).sign(text.encode()))}"


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
