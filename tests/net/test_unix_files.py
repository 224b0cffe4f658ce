from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rpcgen.errors import DialError
from rpcgen.net.sockets import ListeningSocket, open_listener


def listen(where: str) -> ListeningSocket:
    return open_listener(where, has_tls=False)


def leave_a_stale_file(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))


def test_stale_socket_file_is_replaced(tmp_path: Path) -> None:
    leave_a_stale_file(tmp_path / "s")
    listening = listen(f"unix://{tmp_path}/s")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{tmp_path}/s")
    listening.close()


def test_live_socket_file_is_in_use(tmp_path: Path) -> None:
    listening = listen(f"unix://{tmp_path}/s")
    with pytest.raises(DialError, match="address already in use: a server accepts there"):
        listen(f"unix://{tmp_path}/s")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{tmp_path}/s")
    listening.close()


def test_live_socket_with_a_full_backlog_is_in_use(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(f"{tmp_path}/s")
        busy.listen(0)
        waiting.connect(f"{tmp_path}/s")
        with pytest.raises(DialError, match="in use"):
            listen(f"unix://{tmp_path}/s")


def test_live_socket_of_datagrams_is_in_use(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(f"{tmp_path}/s")
        with pytest.raises(DialError, match="in use"):
            listen(f"unix://{tmp_path}/s")


@pytest.mark.parametrize("kind", ["file", "folder", "link to a file", "link to nothing"])
def test_file_that_is_no_socket_is_never_removed(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "s"
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(__file__ if kind == "link to a file" else "nowhere")
    with pytest.raises(DialError, match="a file that is not a socket is in the way"):
        listen(f"unix://{path}")
    assert os.path.lexists(path)


def test_two_that_find_a_stale_file_do_not_both_replace_it(tmp_path: Path) -> None:
    leave_a_stale_file(tmp_path / "s")
    code = (
        "import sys; from rpcgen.net.sockets import open_listener\n"
        "from rpcgen.errors import DialError\n"
        "sys.stdin.readline()\n"
        "try: opened = open_listener(sys.argv[1], has_tls=False)\n"
        "except DialError: print('in use', flush=True)\n"
        "else: print('listens', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", code, f"unix://{tmp_path}/s"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    answers = []
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in starting:
        assert process.stdout is not None
        answers.append(process.stdout.readline().strip())
    for process in starting:
        process.communicate("\n")
    assert sorted(answers) == ["in use", "in use", "in use", "listens"]


def test_close_leaves_the_file_of_another_server(tmp_path: Path) -> None:
    ours = listen(f"unix://{tmp_path}/s")
    (tmp_path / "s").unlink()
    theirs = listen(f"unix://{tmp_path}/s")
    ours.close()
    assert (tmp_path / "s").exists()
    theirs.close()


def test_close_removes_the_file_though_the_working_directory_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listening = listen("unix://s")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    listening.close()
    assert not (tmp_path / "s").exists()


def test_close_removes_the_file_though_its_mode_has_changed(tmp_path: Path) -> None:
    listening = listen(f"unix://{tmp_path}/s")
    (tmp_path / "s").chmod(0o660)
    listening.close()
    assert not (tmp_path / "s").exists()


def test_close_in_a_process_that_was_forked_leaves_the_file(tmp_path: Path) -> None:
    code = (
        "import os; from rpcgen.net.sockets import open_listener\n"
        f"opened = open_listener('unix://{tmp_path}/s', has_tls=False)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    opened.close()\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "s").exists()
