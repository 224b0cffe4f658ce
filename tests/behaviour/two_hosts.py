"""A server on one host and a client on another, as network namespaces; run by its test.

The broker and the client are in the namespace that this runs in, the server is in one of its own.
Prints what the server calls its client: by the direct way that is an address of this host, and
through the broker it is the broker.
"""

# ruff: noqa: T201 - a command, which prints

from __future__ import annotations

import os
import subprocess
import sys
import time

import rpcgen
from rpcgen import Method, Retry

OURS, THEIRS = "10.77.0.1", "10.77.0.2"
BROKER = f"nats://{OURS}:4222"
PEER = Method[int, str]("Peer.Get")

SERVER = f"""
import rpcgen
server = rpcgen.Server()
peer = rpcgen.Method[int, str]("Peer.Get").handler(lambda number: rpcgen.context().peer.address)
server.register_name("Peer", [peer])
server.listen(":1234")
server.announce("{BROKER}", version="1.0.0", via="nats")
server.serve()
"""

# Maximum time in seconds for each step.
STEP_S = 30.0


def run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=STEP_S)


def start_host() -> subprocess.Popen[bytes]:
    """Start a shell on a host of its own, which goes on when it reads a line."""
    script = f"read go; ip address add {THEIRS}/24 dev there && ip link set there up && exec "
    script += f'"{sys.executable}" -c "$0"'
    host = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", script, SERVER.replace('"', "'")], stdin=subprocess.PIPE
    )
    here, deadline = os.readlink("/proc/self/ns/net"), time.monotonic() + STEP_S
    while os.readlink(f"/proc/{host.pid}/ns/net") == here:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return host


def main() -> None:
    run("ip", "link", "set", "lo", "up")
    host = start_host()
    command = ["nats-server", "-a", OURS, "-p", "4222"]
    broker: subprocess.Popen[bytes] | None = None
    try:
        link = ["ip", "link", "add", "here", "type", "veth", "peer", "name", "there"]
        run(*link, "netns", str(host.pid))
        run("ip", "address", "add", f"{OURS}/24", "dev", "here")
        run("ip", "link", "set", "here", "up")
        broker = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        assert host.stdin is not None
        host.stdin.write(b"\n")
        host.stdin.close()
        retry = Retry(attempts=100, backoff=0.1)
        with rpcgen.dial(f"{BROKER}/Peer", retry=retry) as client:
            print(client.call(PEER, 1, wait_for_ready=True, timeout=STEP_S))
        with rpcgen.dial(BROKER, via="nats", retry=retry) as client:
            print(client.call(PEER, 1, timeout=STEP_S))
    finally:
        for process in (host, broker):
            if process is not None:
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
