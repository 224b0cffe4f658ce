"""`SlowMethodDetector`: methods that have held up the leader, which leaves them to workers."""

from __future__ import annotations

from time import monotonic
from typing import Final

from attrs import define

from rpcgen.protocol import ServedMethod

__all__ = ["SlowMethodDetector"]

# Seconds for which a method is left to workers the first time, and at most. They double each
# time: a method that is slow indeed holds up the leader ever more rarely, and one that was only
# unlucky, on a machine that is busy otherwise, is soon back.
INITIAL_BACKOFF_S: Final = 0.1
MAX_BACKOFF_S: Final = 60.0

# Number of quick calls after which all is forgotten.
RECOVERY_CALLS: Final = 100


@define
class _Backoff:
    offload_until: float = 0.0
    backoff: float = INITIAL_BACKOFF_S
    fast_calls: int = 0


class SlowMethodDetector:
    """Methods recently seen to hold up the leader; falsy when there are none, as is common.

    Attributes:
        recent: Those methods. To look whether there are any costs less than a call.
    """

    def __init__(self) -> None:
        self.recent: dict[ServedMethod, _Backoff] = {}

    def __bool__(self) -> bool:
        return bool(self.recent)

    def mark_slow(self, served: ServedMethod) -> None:
        """Leave a method to workers for a while: it has held up the leader just now."""
        slow = self.recent.setdefault(served, _Backoff())
        slow.offload_until = monotonic() + slow.backoff
        slow.backoff = min(2 * slow.backoff, MAX_BACKOFF_S)
        slow.fast_calls = 0

    def should_offload(self, served: ServedMethod) -> bool:
        """Return whether a call of a method, which is about to begin, is left to a worker."""
        slow = self.recent.get(served)
        if slow is None:
            return False
        if monotonic() < slow.offload_until:
            return True
        # The calls since then were quick, or one of them would have prolonged it.
        slow.fast_calls += 1
        if slow.fast_calls > RECOVERY_CALLS:
            self.recent.pop(served, None)
        return False
