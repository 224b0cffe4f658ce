"""A Python server in a process of its own, which can be killed: ``serve.py FACE``.

Prints the address that it serves at, and goes on until its standard input ends.
"""

from __future__ import annotations

import sys

from tests.support.faces import FACES

if __name__ == "__main__":
    with FACES[sys.argv[1]].serve("tcp://127.0.0.1:0") as address:
        sys.stdout.write(address + "\n")
        sys.stdout.flush()
        sys.stdin.read()
