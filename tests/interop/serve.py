"""A Python server in a process of its own, which can be killed: ``serve.py API [CODEC]``.

Prints the address that it serves at, and goes on until its standard input ends.
"""

from __future__ import annotations

import sys
from typing import cast

from rpcgen.protocol import CodecName
from tests.support.apis import APIS

if __name__ == "__main__":
    codec = cast("CodecName", sys.argv[2] if len(sys.argv) > 2 else "gob")
    with APIS[sys.argv[1]].serve("tcp://127.0.0.1:0", codec=codec) as address:
        sys.stdout.write(address + "\n")
        sys.stdout.flush()
        sys.stdin.read()
