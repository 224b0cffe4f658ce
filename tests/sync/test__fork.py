from __future__ import annotations

import os

import pytest

from rpcgen.sync import _fork


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_generation_is_another_one_after_a_fork() -> None:
    before = _fork.generation
    child = os.fork()
    if child == 0:
        os._exit(_fork.generation - before)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert _fork.generation == before
