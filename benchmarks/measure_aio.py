"""Carries out jobs with a client on asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter_ns

from .job import OPTIONS, Job, Operation, Timing
from .peers.ends import AsyncClient

__all__ = ["measure"]


async def measure(client: AsyncClient, job: Job) -> Timing:
    """Carry out a job."""
    if job.method in OPTIONS:
        await client.connect_with_options()
    operation = Operation(client, job)
    operation.check(await operation.call())
    first = perf_counter_ns()
    if job.scheme == "tasks":
        runs = await asyncio.gather(
            *(_sequence(operation.call, job.share) for _ in range(job.width))
        )
        latencies = [latency for run in runs for latency in run]
    elif job.scheme == "paced":
        latencies = await _paced(operation.call, job)
    else:
        latencies = await _sequence(operation.call, job.count)
    return Timing(latencies, perf_counter_ns() - first)


async def _sequence(call: Callable[[], Awaitable[object]], count: int) -> list[int]:
    latencies = []
    start = perf_counter_ns()
    for _ in range(count):
        await call()
        end = perf_counter_ns()
        latencies.append(end - start)
        start = end
    return latencies


async def _paced(call: Callable[[], Awaitable[object]], job: Job) -> list[int]:
    latencies = []
    first = perf_counter_ns()
    for number in range(job.count):
        early = first + number * 1_000_000_000 // job.size - perf_counter_ns()
        if early > 0:  # a timer of asyncio is up to a millisecond late: then several are due
            await asyncio.sleep(early / 1e9)
        start = perf_counter_ns()
        await call()
        latencies.append(perf_counter_ns() - start)
    return latencies
