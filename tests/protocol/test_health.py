"""The service `rpcgen.Health` as its IDL declares it."""

from __future__ import annotations

from rpcgen.protocol.health import ServingStatus


def test_statuses_have_grpcs_numbers() -> None:
    numbers = {each.name: each.value for each in ServingStatus}
    assert numbers == {"UNSPECIFIED": 0, "SERVING": 1, "NOT_SERVING": 2, "SERVICE_UNKNOWN": 3}
