"""Servers as operators run them: signals, forks, the end of the process, files left behind."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rpcgen import Method, dial
from tests.support.timeouts import TIMEOUT_S

DOUBLE = Method[int, int]("Math.Double")
HOLD = Method[int, int]("Math.Hold")

SYNC = """
import os, signal, sys, time
import rpcgen
from rpcgen import Method
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background
{prelude}
def hold(n):
    print("held", flush=True)
    time.sleep(n)
    return n
def make():
    server = rpcgen.Server()
    server.register_name("Math", [
        Method[int, int]("Math.Double").handler(lambda n: 2 * n),
        Method[int, int]("Math.Hold").handler(hold),
    ])
    return server
server = make()
listener = server.listen(sys.argv[1])
{before}
print(listener.address, flush=True)
{serve}
print("served", flush=True)
"""

ASYNC = """
import asyncio, os, signal, sys, time
from functools import partial
from rpcgen import Method, aio
signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background
{prelude}
async def hold(n):
    print("held", flush=True)
    await asyncio.sleep(n)
    return n
def hold_thread(n):
    print("held", flush=True)
    time.sleep(n)
    return n
def double(n):
    return 2 * n
async def main():
    server = aio.Server()
    server.register_name("Math", [
        Method[int, int]("Math.Double").handler(double),
        Method[int, int]("Math.Hold").handler(hold_thread),
    ])
    listener = await server.listen(sys.argv[1])
    loop = asyncio.get_running_loop()
    {before}
    print(listener.address, flush=True)
    {serve}
    print("served", flush=True)
asyncio.run(main())
"""

SCRIPTS = {"sync": SYNC, "asyncio": ASYNC}
SERVE = {"sync": "server.serve()", "asyncio": "await server.serve()"}

# How a program has SIGTERM close its server.
TERM = {
    "sync": "signal.signal(signal.SIGTERM, lambda *_: server.close())",
    "asyncio": "loop.add_signal_handler("
    "signal.SIGTERM, lambda: asyncio.ensure_future(server.close()))",
}


class Process:
    """A server that runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.address = process.stdout.readline().strip()

    def wait_until(self, text: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == text

    def end(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal; return the exit status, and what was said until the end."""
        self.process.send_signal(number)
        said, complained = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, said, complained


@contextmanager
def running(
    api: str,
    address: str = "127.0.0.1:0",
    *,
    prelude: str = "",
    before: str = "pass",
    serve: str = "",
) -> Iterator[Process]:
    """Run a server; kill it at the end if it still runs."""
    code = SCRIPTS[api].format(prelude=prelude, before=before, serve=serve or SERVE[api])
    process = subprocess.Popen(
        [sys.executable, "-c", code, address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with process:
        try:
            yield Process(process)
        finally:
            process.kill()


apis = pytest.mark.parametrize("api", SCRIPTS)


@apis
def test_ctrl_c_ends_serve_quietly(api: str) -> None:
    with running(api) as server:
        with dial(server.address) as client:  # it serves by now
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        assert server.end(signal.SIGINT) == (0, "served\n", "")


# How a program is interrupted as soon as `serve` has begun to accept.
AT_ONCE = {
    "sync": """
begin = server._serve_listeners
def begin_and_interrupt():
    begin()
    signal.raise_signal(signal.SIGINT)
server._serve_listeners = begin_and_interrupt
""",
    "asyncio": """
    begin = server._start
    async def begin_and_interrupt():
        await begin()
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0)
    server._start = begin_and_interrupt
""",
}


@apis
def test_ctrl_c_while_serve_begins_ends_it_quietly(api: str) -> None:
    with running(api, before=AT_ONCE[api]) as server:
        server.wait_until("served")
        _, complained = server.process.communicate(timeout=TIMEOUT_S)
        assert (server.process.returncode, complained) == (0, "")


# Other ways in which the server is what a program runs: what stands for `serve`.
ENDS_QUIETLY = {
    "accept": ("sync", "server.accept(listener)"),
    "with-accept": ("sync", "with server: server.accept(rpcgen.Listener('127.0.0.1:0'))"),
    "with-serve": (
        "asyncio",
        """
    async with server:
        await server.serve()
""",
    ),
    "task": ("asyncio", "await asyncio.create_task(server.serve())"),
    "group": (
        "asyncio",
        """
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
""",
    ),
    "wait_for": ("asyncio", "await asyncio.wait_for(server.serve(), 3600)"),
    "timeout": (
        "asyncio",
        """
    async with asyncio.timeout(3600):
        await server.serve()
""",
    ),
    "gather": (
        "asyncio",
        """
    other = aio.Server()
    await other.listen("127.0.0.1:0")
    await asyncio.gather(server.serve(), other.serve())
""",
    ),
}


@pytest.mark.parametrize("way", ENDS_QUIETLY)
def test_ctrl_c_is_quiet_wherever_the_server_is_what_runs(way: str) -> None:
    api, serve = ENDS_QUIETLY[way]
    with running(api, serve=serve) as server:
        with dial(server.address) as client:
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        assert server.end(signal.SIGINT) == (0, "served\n", "")


# Programs that wait for something else: the interrupt is theirs, too.
IS_INTERRUPTED = {
    "with": ("sync", "with server: signal.pause()"),
    "async-with": (
        "asyncio",
        """
    async with server:
        await asyncio.Event().wait()
""",
    ),
    "group": (
        "asyncio",
        """
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve())
        group.create_task(asyncio.Event().wait())
""",
    ),
    "task": (
        "asyncio",
        """
    task = asyncio.create_task(server.serve())
    await asyncio.Event().wait()
""",
    ),
}


@pytest.mark.parametrize("way", IS_INTERRUPTED)
def test_ctrl_c_interrupts_a_program_that_does_something_else(way: str) -> None:
    api, serve = IS_INTERRUPTED[way]
    with running(api, serve=serve) as server:
        with dial(server.address) as client:
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        status, said, complained = server.end(signal.SIGINT)
        assert (status, said) == (-signal.SIGINT, "")
        assert complained.endswith("KeyboardInterrupt\n")


@apis
def test_second_ctrl_c_does_not_wait_for_the_grace(api: str) -> None:
    with running(api, before=GRACE_OF_AN_HOUR[api]) as server, dial(server.address) as client:
        client.go(HOLD, 3600)
        server.wait_until("held")
        server.process.send_signal(signal.SIGINT)
        server.wait_until("closing")
        status, said, complained = server.end(signal.SIGINT)
        assert (status, said) == (-signal.SIGINT, "")
        assert complained.endswith("KeyboardInterrupt\n")


# How the first Ctrl-C is made to wait long for calls; it is told when that has begun.
GRACE_OF_AN_HOUR = {
    "sync": """
begin = server._begin_closing
def begin_closing(grace=None):
    begin(3600)
    print("closing", flush=True)
server._begin_closing = begin_closing
""",
    "asyncio": """
    begin = server._begin_closing
    def begin_closing(grace):
        if server._closing is not None:  # `serve`, which waits for it from now on
            loop.call_soon(partial(print, "closing", flush=True))
        return begin(3600)
    server._begin_closing = begin_closing
""",
}


@apis
def test_ctrl_c_under_a_call_answers_it(api: str) -> None:
    with running(api) as server, dial(server.address) as client:
        call = client.go(HOLD, 0)
        server.wait_until("held")
        server.process.send_signal(signal.SIGINT)
        assert call.result(TIMEOUT_S) == 0


@apis
def test_sigterm_whose_handler_closes_ends_serve(api: str) -> None:
    with running(api, before=TERM[api]) as server:
        assert server.end(signal.SIGTERM) == (0, "served\n", "")


@apis
def test_sigterm_ends_serve_quietly(api: str) -> None:
    with running(api) as server:
        with dial(server.address) as client:  # it serves by now
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        assert server.end(signal.SIGTERM) == (0, "served\n", "")


@apis
def test_sigterm_under_a_call_answers_it(api: str) -> None:
    with running(api) as server, dial(server.address) as client:
        call = client.go(HOLD, 0)
        server.wait_until("held")
        server.process.send_signal(signal.SIGTERM)
        assert call.result(TIMEOUT_S) == 0


@apis
def test_sigterm_is_left_alone_where_signals_are_not_handled(api: str) -> None:
    serve = SERVE[api].replace("()", "(handle_signals=False)")
    with running(api, serve=serve) as server:
        with dial(server.address) as client:
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        assert server.end(signal.SIGTERM)[:2] == (-signal.SIGTERM, "")


@apis
def test_process_ends_within_the_grace_while_handlers_run(api: str) -> None:
    with running(api, before=TERM[api]) as server, dial(server.address) as client:
        for _ in range(3):
            client.go(HOLD, 3600)
            server.wait_until("held")
        status, said, _ = server.end(signal.SIGTERM)
        assert (status, said) == (0, "served\n")


@apis
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_server_starts_again_where_one_was_killed(
    api: str, number: signal.Signals, tmp_path: Path
) -> None:
    for _ in range(2):
        with running(api, f"unix://{tmp_path}/s") as server:
            with dial(server.address) as client:
                assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
            server.end(number)


@apis
def test_second_server_leaves_the_first_one_its_socket(api: str, tmp_path: Path) -> None:
    with running(api, f"unix://{tmp_path}/s") as server:
        with running(api, f"unix://{tmp_path}/s") as second:
            assert second.address == ""
            assert second.process.stderr is not None
            assert "address already in use: a server accepts there" in second.process.stderr.read()
        with dial(server.address) as client:
            assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4


# Four workers are forked off before the event loop begins; each tells its number.
PREFORK = {
    "sync": """
import rpcgen, os, signal, sys
from rpcgen import Method
server = rpcgen.Server()
server.register_name("Math", [Method[int, int]("Math.Double").handler(lambda n: 2 * n)])
listener = server.listen(sys.argv[1])
print(listener.address, flush=True)
for _ in range(4):
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, lambda *_: server.close())
        os.write(1, b"%d\\n" % os.getpid())
        server.serve()
        os._exit(0)
sys.stdin.read()
""",
    "asyncio": """
import asyncio, os, signal, sys
from rpcgen import Method, aio
listener = aio.Listener(sys.argv[1])
print(listener.address, flush=True)
async def serve():
    server = aio.Server()
    server.register_name("Math", [Method[int, int]("Math.Double").handler(lambda n: 2 * n)])
    loop = asyncio.get_running_loop()
    def end():
        listener.close()
        asyncio.ensure_future(server.close())
    loop.add_signal_handler(signal.SIGTERM, end)
    await server.accept(listener)
    os.write(1, b"%d\\n" % os.getpid())
    await server.serve()
for _ in range(4):
    if os.fork() == 0:
        asyncio.run(serve())
        os._exit(0)
sys.stdin.read()
""",
}


@apis
@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_worker_that_closes_leaves_the_others_working(
    api: str, transport: str, tmp_path: Path
) -> None:
    address = f"unix://{tmp_path}/s" if transport == "unix" else "tcp://127.0.0.1:0"
    with subprocess.Popen(
        [sys.executable, "-c", PREFORK[api], address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        workers = [int(parent.stdout.readline()) for _ in range(4)]
        try:
            for worker in workers[:3]:
                os.kill(worker, signal.SIGTERM)
                wait_for_the_end_of(worker)
                with dial(address) as client:
                    assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGKILL)  # a child of a child, a zombie perhaps


def wait_for_the_end_of(process: int) -> None:
    """Wait until a process, which is not our child, has ended or is a zombie."""
    with open(os.pidfd_open(process), "rb", buffering=0) as descriptor:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        assert poll.poll(TIMEOUT_S * 1000)


def test_child_of_a_serving_process_leaves_its_connections_alone(tmp_path: Path) -> None:
    script = """
import os, sys
import rpcgen
from rpcgen import Method
double = Method[int, int]("Math.Double")
server = rpcgen.Server()
server.register_name("Math", [double.handler(lambda n: 2 * n)])
listener = server.listen(sys.argv[1])
with server, rpcgen.dial(listener.address) as client:
    assert client.call(double, 1) == 2
    child = os.fork()
    if child == 0:
        server.close()
        os._exit(0)
    os.waitpid(child, 0)
    assert client.go(double, 2).result(30) == 4
    with rpcgen.dial(listener.address) as other:
        assert other.go(double, 3).result(30) == 6
"""
    subprocess.run(
        [sys.executable, "-c", script, f"unix://{tmp_path}/s"], check=True, timeout=TIMEOUT_S
    )


def test_child_that_closes_the_listener_of_a_running_loop_leaves_it_to_its_parent() -> None:
    script = """
import asyncio, os
from rpcgen import Method, aio
double = Method[int, int]("Math.Double")
async def main():
    server = aio.Server()
    server.register_name("Math", [double.handler(lambda n: 2 * n)])
    async with server:
        listener = await server.listen("tcp://127.0.0.1:0")
        child = os.fork()
        if child == 0:
            listener.close()
            os._exit(0)
        os.waitpid(child, 0)
        async with aio.dial(listener.address) as client:
            assert await asyncio.wait_for(client.call(double, 3), 30) == 6
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=TIMEOUT_S)


def test_child_of_a_serving_process_can_serve() -> None:
    script = """
import os, time
import rpcgen
from rpcgen import Method
double = Method[int, int]("Math.Double")
server = rpcgen.Server()
server.register_name("Math", [double.handler(lambda n: 2 * n)])
listener = server.listen("127.0.0.1:0")
with server, rpcgen.dial(listener.address) as client:
    assert client.call(double, 1) == 2
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with server:
            os.write(tell, b"x")
            time.sleep(3600)
    os.read(ready, 1)
    server.close()
    with rpcgen.dial(listener.address) as other:
        assert other.go(double, 3).result(30) == 6
    os.kill(child, 9)
    os.waitpid(child, 0)
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=TIMEOUT_S)


def test_socket_that_systemd_hands_over_is_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as activated:
        code = SYNC.format(prelude="", before=TERM["sync"], serve=SERVE["sync"])
        with subprocess.Popen(
            [sys.executable, "-c", code, f"fd://{activated.fileno()}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[activated.fileno()],
            cwd=Path(__file__).parents[2],
        ) as process:
            server = Process(process)
            with dial(server.address) as client:
                assert client.go(DOUBLE, 2).result(TIMEOUT_S) == 4
            assert server.end(signal.SIGTERM) == (0, "served\n", "")
        # It still listens here: who connects now is served once the service is started again.
        with socket.create_connection(activated.getsockname()):
            pass


def test_listener_whose_socket_is_of_no_use_ends_serve() -> None:
    script = """
import errno
import rpcgen
server = rpcgen.Server()
listener = server.listen("127.0.0.1:0")
def accept():
    raise OSError(errno.EINVAL, "useless")
listener.accept = accept
try:
    server.serve()
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.stdout == "useless\n"
