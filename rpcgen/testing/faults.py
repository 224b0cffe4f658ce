"""Faults in the bytes of a connection, as a schedule: pure, and the same for a seed.

A fault belongs to one direction of one connection and happens at an offset into its
bytes, not at a time. So what a peer sees does not depend on how fast anybody is, or on
how the system cuts the stream into pieces.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, TypeAlias, get_args

from attrs import frozen

__all__ = ["ENDINGS", "Direction", "Fault", "FaultKind", "FaultyBytes", "Schedule", "random_faults"]

Direction: TypeAlias = Literal["request", "reply"]

FaultKind: TypeAlias = Literal[
    "delay",
    "split",
    "drop",
    "reorder",
    "truncate",
    "stall",
    "close",
    "reset",
    "reset client",
    "reset server",
]

ENDINGS: Final[tuple[FaultKind, ...]] = (
    "truncate",
    "stall",
    "close",
    "reset",
    "reset client",
    "reset server",
)
"""Faults after which nothing more comes this way."""

# Maximum number of pieces of a given size: else a large message would take minutes.
_MAX_PIECES: Final = 100

_DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)


@frozen
class Fault:
    """One fault.

    Attributes:
        kind: What happens:

            - ``delay``: what follows comes ``amount`` seconds later;
            - ``split``: what follows comes in pieces of ``amount`` bytes, a hundred of them;
            - ``drop``: ``amount`` bytes are lost;
            - ``reorder``: ``amount`` bytes come after as many that follow them;
            - ``truncate``: the stream ends here, while the other direction goes on for a while;
            - ``stall``: nothing more comes in either direction for a while, then both end;
            - ``close``: both end here;
            - ``reset``: both ends get a reset; with ``client`` or ``server``, that one alone
              and the other an end.
        at: Number of bytes of the direction that pass before.
        direction: ``request``: what the client sends; ``reply``: what the server sends.
        amount: Seconds or bytes, as the kind has it.
    """

    kind: FaultKind
    at: int = 0
    direction: Direction = "reply"
    amount: float = 0


Schedule: TypeAlias = Callable[[int], Iterable[Fault]]
"""Gives the faults of a connection by its number, counted from 0."""


def random_faults(
    seed: object,
    kinds: Sequence[FaultKind] = get_args(FaultKind),
    *,
    chance: float = 0.75,
    within: int = 300_000,
    longest: float = 0.005,
) -> Schedule:
    """Return a schedule that is drawn, always the same for a seed.

    Args:
        seed: What is drawn from: any number or text.
        kinds: Kinds of faults to choose from.
        chance: Probability that a connection has a fault other than being slow or split.
        within: Maximum offset of a fault in bytes; small offsets are as likely as large ones.
        longest: Maximum delay in seconds.

    Returns:
        The schedule.
    """
    grave = [kind for kind in kinds if kind not in ("delay", "split")]

    def offset(dice: random.Random) -> int:
        return int((within + 1) ** dice.random()) - 1

    def faults(number: int) -> list[Fault]:
        dice = random.Random(f"{seed} {number}")
        found = []
        for direction in _DIRECTIONS:
            if "delay" in kinds and dice.random() < 0.5:
                found += [
                    Fault("delay", offset(dice), direction, dice.uniform(0, longest))
                    for _ in range(dice.randint(1, 8))
                ]
            if "split" in kinds and dice.random() < 0.6:
                found.append(Fault("split", 0, direction, dice.choice((1, 7, 100))))
        if grave and dice.random() < chance:
            direction, size = dice.choice(_DIRECTIONS), dice.randint(1, 64)
            found.append(Fault(dice.choice(grave), offset(dice), direction, size))
        return found

    return faults


class FaultyBytes:
    """One direction of a connection: bytes in, and out what is to be done, in its order.

    Args:
        faults: Those of this direction, in any order. Where two are at one place, or
            within what another one drops or reorders, the first goes first.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = sorted(faults, key=lambda fault: fault.at)
        self._passed = 0
        self._piece = 0
        self._pieces_left = 0
        self._to_drop = 0
        # Bytes held back while as many go first, and the number of those still to go.
        self._held = b""
        self._to_hold = 0
        self._to_overtake = 0
        self.ending: FaultKind | None = None
        """Fault that has ended the stream, once one has."""

    def feed(self, data: bytes) -> list[bytes | Fault]:
        """Take bytes; return what is to be sent, and delays and endings at their places."""
        done: list[bytes | Fault] = []
        while self._begin_faults(done) and data:
            data = self._pass(data, done)
        return done

    def end(self) -> list[bytes | Fault]:
        """Take the end of the stream; return what was held back."""
        held, self._held = self._held, b""
        return [held] if held and self.ending is None else []

    def _begin_faults(self, done: list[bytes | Fault]) -> bool:
        """Begin those that are due; return False once the stream has ended."""
        if self.ending is not None:
            return False
        while self._faults and self._faults[0].at <= self._passed and not self._is_busy:
            fault = self._faults.pop(0)
            match fault.kind:
                case "drop":
                    self._to_drop = int(fault.amount)
                case "reorder":
                    self._to_hold = self._to_overtake = int(fault.amount)
                case "split":
                    self._piece, self._pieces_left = max(1, int(fault.amount)), _MAX_PIECES
                case "delay":
                    done.append(fault)
                case ending:
                    done += self.end()
                    self.ending = ending
                    done.append(fault)
                    return False
        return True

    @property
    def _is_busy(self) -> bool:
        return bool(self._to_drop or self._to_hold or self._to_overtake)

    def _pass(self, data: bytes, done: list[bytes | Fault]) -> bytes:
        """Deal with the beginning of some bytes, and return the others."""
        size = self._step(len(data))
        part, rest = data[:size], data[size:]
        self._passed += size
        if self._to_drop:
            self._to_drop -= size
        elif self._to_hold:
            self._to_hold -= size
            self._held += part
        else:
            done.append(part)
            self._pieces_left = max(0, self._pieces_left - 1)
            if self._to_overtake:
                self._to_overtake -= size
                if not self._to_overtake:
                    done.append(self._held)
                    self._held = b""
        return rest

    def _step(self, available: int) -> int:
        """Return the number of bytes that are dealt with alike."""
        size = available
        for most in (self._to_drop, self._to_hold):
            if most:
                return min(size, most)
        if self._to_overtake:
            size = min(size, self._to_overtake)
        elif self._faults:
            size = min(size, self._faults[0].at - self._passed)
        return min(size, self._piece) if self._pieces_left else size
