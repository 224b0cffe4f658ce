"""Subjects of NATS by which calls travel."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rpcgen.resolve import nats_micro
from rpcgen.resolve.nats_micro import QUEUE, micro_name

__all__ = ["QUEUE", "call_subject", "cancel_subject"]

# Maximum number of services whose subjects are kept.
_MOST_KEPT: Final = 256


@lru_cache(_MOST_KEPT)
def call_subject(service: str) -> str:
    """Return where a service is called: what its announcement says, too."""
    return nats_micro.call_subject(service)


def cancel_subject(service: str) -> str:
    """Return where servers are told that nobody waits for a call: by its reply subject."""
    return f"rpcgen.cancel.{micro_name(service)}"
