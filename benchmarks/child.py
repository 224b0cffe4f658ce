"""A process of a peer: a server, or the client that is measured.

``serve MODULE API`` prints ``{"address": "127.0.0.1:1234"}`` and serves until
its standard input ends. ``call MODULE API ADDRESS`` makes a first call,
prints ``{"ready": true}``, and from then on answers each line of standard
input, a `Job` in JSON, with its `Timing`. Whatever goes wrong is answered as
``{"error": "..."}``. ``MODULE`` is one of `benchmarks.peers`; ``API`` is
``sync``, or the loop that runs it: ``asyncio`` or ``uvloop``.

What is imported here adds to the memory and the start of every peer, so that
asyncio comes only where it is needed.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from .job import Job, Timing
from .values import FACTORS, PRODUCT

if TYPE_CHECKING:
    from asyncio import Runner

__all__ = ["main"]


def main(arguments: list[str]) -> None:
    role, module, api, *address = arguments
    say = _answers_to(_own_output())
    try:
        peer = importlib.import_module(f"benchmarks.peers.{module}")
        if role == "serve":
            _serve(peer, api, lambda bound: say({"address": bound}))
        else:
            _call(peer, api, address[0], say)
    except Exception as error:
        say({"error": _line(error)})
        raise


Say = Callable[[dict[str, object]], None]


def _own_output() -> TextIO:
    """Return standard output for answers alone: what libraries print goes to standard error."""
    own = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return own


def _answers_to(output: TextIO) -> Say:
    def say(answer: dict[str, object]) -> None:
        output.write(json.dumps(answer) + "\n")

    return say


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _serve(peer: Any, api: str, ready: Callable[[str], None]) -> None:
    threading.Thread(target=_exit_with_input, daemon=True).start()
    if api == "sync":
        peer.serve(ready)
        return
    with _runner(api) as runner:
        runner.run(peer.serve(ready))


def _exit_with_input() -> None:
    """End the process with its standard input, which ends with the process that started it."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def _call(peer: Any, api: str, address: str, say: Say) -> None:
    if api == "sync":
        _call_sync(peer, address, say)
        return
    with _runner(api) as runner:
        _call_aio(peer, address, runner, say)


def _call_sync(peer: Any, address: str, say: Say) -> None:
    client = peer.connect(address)
    _expect_product(client.multiply(*FACTORS))
    say({"ready": True})
    from .measure_sync import measure

    _answer(lambda job: measure(client, lambda: peer.connect(address), job), say)


def _call_aio(peer: Any, address: str, runner: Runner, say: Say) -> None:
    async def start() -> Any:
        client = await peer.connect(address)
        _expect_product(await client.multiply(*FACTORS))
        return client

    client = runner.run(start())
    say({"ready": True})
    from .measure_aio import measure

    _answer(lambda job: runner.run(measure(client, job)), say)


def _answer(measure: Callable[[Job], Timing], say: Say) -> None:
    for line in sys.stdin:
        try:
            timing = measure(Job(**json.loads(line)))
        except Exception as error:
            say({"error": _line(error)})
        else:
            say({"latencies": timing.latencies, "elapsed": timing.elapsed})
    # Not by the interpreter's way out: what some peers leave behind would keep it waiting.
    os._exit(0)


def _expect_product(reply: object) -> None:
    if reply != PRODUCT:
        raise ValueError(f"the product of 7 and 8 is {reply}")


def _runner(api: str) -> Runner:
    import asyncio

    if api == "asyncio":
        return asyncio.Runner()
    import uvloop

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    main(sys.argv[1:])
