"""What may be said of a queue is checked."""

from __future__ import annotations

from typing import Any

import pytest

import rpcgen
from rpcgen.durable.options import WorkQueue


def test_queue_has_defaults() -> None:
    assert rpcgen.WorkQueue() == WorkQueue(7 * 86400.0, 86400.0, 120.0, None, 1, "file")


@pytest.mark.parametrize(
    "options",
    [
        {"keep_calls": 0},
        {"keep_replies": -1.0},
        {"duplicate_window": float("inf")},
        {"max_bytes": 0},
        {"replicas": 2},
        {"storage": "tape"},
    ],
)
def test_value_that_an_option_cannot_have_is_refused(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=f"{name}="):
        WorkQueue(**options)


@pytest.mark.parametrize("value", ["1", None, True])
def test_time_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="keep_calls="):
        WorkQueue(keep_calls=value)
