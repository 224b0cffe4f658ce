from __future__ import annotations

import os

import pytest

from rpcgen.sync import forks


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_count_is_another_one_after_a_fork() -> None:
    before = forks.count
    child = os.fork()
    if child == 0:
        os._exit(forks.count - before)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert forks.count == before
