"""The clock of deadlines in both APIs: the system's, unless a test has put another in its place.

`rpcgen.testing.FakeClock` puts others in the places of these; so they are read as attributes of
this module, each time that they are used. A connection keeps what it has found when it began.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from rpcgen.protocol.context import Event

__all__ = ["make_event", "max_sleep", "max_timer", "monotonic"]

monotonic: Callable[[], float] = time.monotonic
"""Returns the time in seconds."""

make_event: Callable[[], Event] = threading.Event
"""Makes what a handler's thread waits for, whose timeouts go by this clock."""

max_sleep: float = 0.5
"""Maximum time in seconds that a thread of a client sleeps until it looks at the clock again."""

max_timer: float = math.inf
"""Maximum time in seconds until an event loop looks at the clock again."""
