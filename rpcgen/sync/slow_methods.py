"""`Suspects`: the methods that have held up the leader, which leaves them to workers."""

from __future__ import annotations

from time import monotonic
from typing import Final

from attrs import define

from rpcgen.protocol import ServedMethod

__all__ = ["Suspects"]

# For how long, in seconds, a method is suspected the first time and at most. It doubles each
# time: what is slow indeed holds up the leader ever more rarely, and what was only unlucky, on a
# machine that is busy otherwise, is soon back.
_FIRST: Final = 0.1
_LONGEST: Final = 60.0

# After so many quick calls all is forgotten.
_QUICK_CALLS: Final = 100


@define
class _Suspicion:
    until: float = 0.0
    lasts: float = _FIRST
    quick_calls: int = 0


class Suspects:
    """What is known of methods that were slow; empty as a rule, and then false."""

    def __init__(self) -> None:
        self._suspicions: dict[ServedMethod, _Suspicion] = {}

    def __bool__(self) -> bool:
        return bool(self._suspicions)

    def add(self, served: ServedMethod) -> None:
        """Suspect a method: it has held up the leader just now."""
        suspicion = self._suspicions.setdefault(served, _Suspicion())
        suspicion.until = monotonic() + suspicion.lasts
        suspicion.lasts = min(2 * suspicion.lasts, _LONGEST)
        suspicion.quick_calls = 0

    def include(self, served: ServedMethod) -> bool:
        """Say whether a call of a method, which is about to begin, is to be left to a worker."""
        suspicion = self._suspicions.get(served)
        if suspicion is None:
            return False
        if monotonic() < suspicion.until:
            return True
        # The calls since then were quick, or one of them would have prolonged it.
        suspicion.quick_calls += 1
        if suspicion.quick_calls > _QUICK_CALLS:
            self._suspicions.pop(served, None)
        return False
