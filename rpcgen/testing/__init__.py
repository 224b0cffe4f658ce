"""Tools for tests of clients and servers: connections without an address, faults, scripts, a clock.

Nothing here is imported by the rest of the package, and each part only when it is
asked for: `certificates` needs trustme (``pip install 'rpcgen[testing]'``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .connections import aconnected, connected
    from .fake_clock import FakeClock
    from .fault_proxy import FaultProxy
    from .faults import Fault, random_faults
    from .recording.replay import Replay, replay
    from .scripted_server import ScriptedServer

__all__ = [
    "FakeClock",
    "Fault",
    "FaultProxy",
    "Replay",
    "ScriptedServer",
    "aconnected",
    "connected",
    "random_faults",
    "replay",
]

_MODULES = {
    "FakeClock": "fake_clock",
    "Fault": "faults",
    "FaultProxy": "fault_proxy",
    "Replay": "recording.replay",
    "ScriptedServer": "scripted_server",
    "aconnected": "connections",
    "connected": "connections",
    "random_faults": "faults",
    "replay": "recording.replay",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
