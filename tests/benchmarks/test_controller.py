from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks import controller
from benchmarks.controller import End, Pair, PeerError, Process, environment
from benchmarks.job import Job


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_process_keeps_what_python_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environment()
    assert environment()["PATH"] == os.environ["PATH"]


def test_ask() -> None:
    echo = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"
    with Process(python(echo)) as process:
        assert process.ask({"a": 1}) == {"a": 1}
        assert process.ask({"b": "x" * 100_000}) == {"b": "x" * 100_000}


def test_memory() -> None:
    with Process(python("print('{}', flush=True); input()")) as process:
        process.receive()
        assert process.memory > 1_000_000


def test_processor() -> None:
    spin = "import time\nwhile time.process_time() < 0.1: pass\nprint('{}', flush=True); input()"
    with Process(python(spin)) as process:
        process.receive()
        assert process.processor >= 0.05


def test_root_is_where_a_process_runs(tmp_path: Path) -> None:
    where = "import json, os; print(json.dumps({'cwd': os.getcwd()}))"
    with Process(python(where), tmp_path) as process:
        assert process.receive() == {"cwd": str(tmp_path)}


def test_answer_is_an_error() -> None:
    with Process(python('print(\'{"error": "no"}\')')) as process:
        with pytest.raises(PeerError, match=r"^no$"):
            process.receive()


def test_end_without_an_answer() -> None:
    with Process(python("raise OSError('all is lost')")) as process:
        with pytest.raises(PeerError, match="has ended: OSError: all is lost"):
            process.receive()


def test_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller, "ANSWER_TIMEOUT_S", 0.1)
    with Process(python("input()")) as process:
        with pytest.raises(PeerError, match=r"has not answered for 0\.1 s"):
            process.receive()
        with pytest.raises(PeerError, match="has ended"):
            process.ask({})


def test_close_ends_a_process_that_does_not_listen() -> None:
    program = "import os, time\nprint('{\"pid\": %d}' % os.getpid(), flush=True)\ntime.sleep(600)"
    with Process(python(program)) as process:
        pid = process.receive()["pid"]
        assert is_running(pid)
    assert not is_running(pid)


def test_server_ends_with_its_input() -> None:
    with Process(End("raw_sync", "sync").command("serve")) as process:
        process.receive()
        assert process._process.stdin is not None
        process._process.stdin.close()
        assert process._process.wait(60) == 0


def test_pair_whose_peer_is_not_there() -> None:
    end = End("no_such_peer", "sync")
    with pytest.raises(PeerError, match=r"No module named 'benchmarks\.peers\.no_such_peer'"):
        Pair(end, end)


def test_pair_whose_client_fails_ends_its_server(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Process] = []
    close = Process.close

    def noted(process: Process) -> None:
        closed.append(process)
        close(process)

    monkeypatch.setattr(Process, "close", noted)
    with pytest.raises(PeerError, match="no_such_peer"):
        Pair(End("raw_sync", "sync"), End("no_such_peer", "sync"))
    assert len(closed) == 2


def test_job_that_cannot_be_done_is_an_error_and_not_the_end() -> None:
    end = End("raw_sync", "sync")
    with Pair(end, end) as pair:
        with pytest.raises(PeerError, match="AttributeError"):
            pair.run(Job("sequence", "order", 1))
        assert len(pair.run(Job("sequence", "multiply", 3)).latencies) == 3
