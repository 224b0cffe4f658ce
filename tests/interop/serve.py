"""A Python server in a process of its own, which can be killed: ``serve.py API``.

Prints the address that it serves at, and goes on until its standard input ends.
"""

from __future__ import annotations

import sys

from tests.support.apis import APIS

if __name__ == "__main__":
    with APIS[sys.argv[1]].serve("tcp://127.0.0.1:0") as address:
        sys.stdout.write(address + "\n")
        sys.stdout.flush()
        sys.stdin.read()
