"""Carries out jobs with a client that blocks."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns, sleep

from .job import Job, Operation, Timing
from .peers.ends import Client, Future
from .values import FACTORS

__all__ = ["measure"]

Connect = Callable[[], Client]


def measure(client: Client, connect: Connect, job: Job) -> Timing:
    """Carry out a job; ``connect`` makes another client like this one."""
    operation = Operation(client, job)
    operation.check(operation.call())
    if job.scheme == "futures":
        return _futures(client, job)
    if job.scheme == "threads":
        return _threads(lambda: operation.call, job)
    if job.scheme == "connections":
        return _connections(connect, job)
    if job.scheme == "paced":
        return _paced(operation.call, job)
    latencies, start, end = _sequence(operation.call, job.count)
    return Timing(latencies, end - start)


def _sequence(call: Callable[[], object], count: int) -> tuple[list[int], int, int]:
    latencies = []
    first = start = perf_counter_ns()
    for _ in range(count):
        call()
        end = perf_counter_ns()
        latencies.append(end - start)
        start = end
    return latencies, first, start


def _paced(call: Callable[[], object], job: Job) -> Timing:
    latencies = []
    first = perf_counter_ns()
    for number in range(job.count):
        early = first + number * 1_000_000_000 // job.size - perf_counter_ns()
        if early > 0:
            sleep(early / 1e9)
        start = perf_counter_ns()
        call()
        latencies.append(perf_counter_ns() - start)
    return Timing(latencies, perf_counter_ns() - first)


def _futures(client: Client, job: Job) -> Timing:
    latencies = []
    window: deque[tuple[int, Future]] = deque()

    def finish_oldest() -> None:
        start, future = window.popleft()
        future.result()
        latencies.append(perf_counter_ns() - start)

    first = perf_counter_ns()
    for _ in range(job.count):
        if len(window) == job.width:
            finish_oldest()
        start = perf_counter_ns()
        window.append((start, client.go(*FACTORS)))
    while window:
        finish_oldest()
    return Timing(latencies, perf_counter_ns() - first)


def _threads(prepare: Callable[[], Callable[[], object]], job: Job) -> Timing:
    """Let each thread prepare its call, and start them all at once."""
    runs: list[tuple[list[int], int, int]] = []
    errors: list[Exception] = []
    barrier = threading.Barrier(job.width)

    def run() -> None:
        try:
            call = prepare()
            barrier.wait()
            runs.append(_sequence(call, job.share))
        except Exception as error:
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=run) for _ in range(job.width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    latencies = [latency for run, _, _ in runs for latency in run]
    return Timing(latencies, max(end for _, _, end in runs) - min(start for _, start, _ in runs))


def _connections(connect: Connect, job: Job) -> Timing:
    clients: list[Client] = []

    def prepare() -> Callable[[], object]:
        # In the thread that will call: some clients belong to the thread that made them.
        client = connect()
        clients.append(client)
        operation = Operation(client, job)
        operation.check(operation.call())
        return operation.call

    try:
        return _threads(prepare, job)
    finally:
        for client in clients:
            client.close()
