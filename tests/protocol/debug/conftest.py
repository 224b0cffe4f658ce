"""The registry whose page is shown."""

from __future__ import annotations

import pytest

from generated.arith import register_arith
from rpcgen.protocol import Registry

from .services import Calculator


@pytest.fixture
def registry() -> Registry:
    registry = Registry()
    register_arith(registry, Calculator())
    return registry
