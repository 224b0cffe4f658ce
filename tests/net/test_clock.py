from __future__ import annotations

import math
import threading
import time

from rpcgen.net import clock


def test_clock_is_that_of_the_system() -> None:
    assert (clock.monotonic, clock.make_event) == (time.monotonic, threading.Event)


def test_timer_of_an_event_loop_is_set_once() -> None:
    assert clock.max_timer == math.inf


def test_thread_looks_at_the_clock_now_and_then() -> None:
    assert 0 < clock.max_sleep <= 1
