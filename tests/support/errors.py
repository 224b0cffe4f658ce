"""Errors that calls end with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rpcgen.errors import RpcError

__all__ = ["error_of"]


def error_of(call: Callable[[], object]) -> RpcError:
    """Return the error that a call ends with."""
    with pytest.raises(RpcError) as caught:
        call()
    return caught.value
