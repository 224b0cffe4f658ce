"""Results that no clock has had a part in."""

from __future__ import annotations

from benchmarks.catalogue import PEERS
from benchmarks.codec import MESSAGES, Row
from benchmarks.growth import Idle, Point
from benchmarks.job import Cost
from benchmarks.results import Machine, Results
from benchmarks.startup import Import, Start
from benchmarks.summary import Measurement, Sample

MACHINE = Machine("A processor", 2, "3.11.0", "Linux 6.1")

ERROR = "ModuleNotFoundError: No module named 'grpc'"


def measurement(peer: str, work: str, *medians: float) -> Measurement:
    """Return rounds of these medians, with everything else made of them."""
    return Measurement(peer, work, [Sample(m, 3 * m, 1e6 / m, Cost(m / 2, m / 4)) for m in medians])


def results() -> Results:
    """Return results of a run of everything, in which one peer was missing."""
    made = Results(MACHINE, rounds=2, seed=1)
    for number, peer in enumerate(PEERS.values(), start=1):
        for work in peer.works:
            if peer.name == "grpcio-aio":
                made.measurements.append(Measurement(peer.name, work, [], ERROR))
            else:
                made.measurements.append(measurement(peer.name, work, number, 2.0 * number))
        error = ERROR if peer.name == "grpcio-aio" else ""
        made.starts.append(Start(peer.name, 0.1, 0.2, 20_000_000, 21_000_000, error))
    made.imports = [
        Import("rpcgen, a generated module", 50.0, []),
        Import("grpcio", 60.0, []),
        Import("rpyc", 0.0, [], ERROR),
    ]
    made.codec = [
        Row(message, name, encode, 2.0, 30)
        for message in MESSAGES
        for name, encode in (
            ("rpcgen.gob", 1.0),
            ("decodes only", None),
            ("msgspec.msgpack (C)", 2.0),
            ("Go encoding/gob", 1.5),
        )
    ]
    made.growth = [
        *(Point("elements", "rpcgen", size, 500.0) for size in (1_000, 10_000, 1_000_000)),
        Point("connections", "go", 1_000, 0.0, "too many open files"),
    ]
    made.idle = Idle(10_000, 30_000_000, 120_000_000)
    return made
