"""The kinds of errors: gRPC's names and numbers."""

from __future__ import annotations

from rpcgen import Code


def test_code_has_grpcs_numbers() -> None:
    names = (
        "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS"
        " PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE"
        " UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED"
    )
    assert {each.name: each.value for each in Code} == {
        name: number for number, name in enumerate(names.split())
    }
