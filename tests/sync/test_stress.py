"""Threads that do everything at once with a client; `stress` as a command goes on longer."""

from __future__ import annotations

import pytest

from rpcgen.protocol import CodecName

from .stress import Stress


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("codec", ["gob", "json"])
@pytest.mark.parametrize("transport", ["tcp", "unix", "tls"])
def test_every_call_ends_once_in_its_time(transport: str, codec: CodecName, restarts: bool) -> None:
    stress = Stress(transport, codec, 0.5, restarts=restarts)
    stress.run()
    assert stress.faults == []
