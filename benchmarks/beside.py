"""Peers beside another one by processor time, which waiting and other programs add little to.

::

    python -m benchmarks.beside nats nats-threads nats-executor rpcgen-nats-asyncio rpcgen-nats
    python -m benchmarks.beside rpcgen rpcgen-channel rpcgen-pool
    python -m benchmarks.beside nats nats-threads rpcgen-nats --works tasks futures

The first peer is what the others are compared with. Every round has each peer do its work once,
in random order; the times are those of one call, of the processes of server and client. A broker's
is not among them. What is shown is the mean of the fastest fifth of the rounds: what other programs
do to caches only adds.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys

from attrs import field, frozen

from .catalogue import PEERS, WORKS, Peer, Work
from .controller import PeerError
from .rounds import Session, calls_in, fewest_calls
from .tables import table

__all__ = ["Row", "main", "measure", "report"]

_KNOWN = {name: peer for name, peer in PEERS.items() if not peer.forks}


@frozen
class Row:
    """A peer at its work: client's and server's microseconds of a call, for each round."""

    peer: Peer
    work: Work
    rounds: list[tuple[float, float]] = field(factory=list)

    @property
    def fastest(self) -> tuple[float, float]:
        """Client's and server's microseconds of a call, in the fastest fifth of the rounds."""
        fastest = sorted(self.rounds, key=sum)[: math.ceil(len(self.rounds) / 5)]
        client, server = (statistics.fmean(each) for each in zip(*fastest, strict=True))
        return client, server

    def ratio(self, reference: Row) -> float:
        """Return the ratio of both ends together."""
        return sum(self.fastest) / sum(reference.fastest)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.beside",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("peers", nargs="+", choices=_KNOWN, metavar="PEER")
    parser.add_argument(
        "--works",
        nargs="+",
        choices=WORKS,
        default=["call"],
        metavar="WORK",
        help="each peer does the first of these that it can",
    )
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=0.1, help="of a work in a round")
    parser.add_argument("--seed", type=int, default=1, help="of the random orders")
    options = parser.parse_args(arguments)
    try:
        peers = [PEERS[name] for name in options.peers]
        rows = measure(peers, options.works, options.rounds, options.seconds, options.seed)
    except PeerError as error:
        print(f"python -m benchmarks.beside: {error}", file=sys.stderr)
        return 1
    print(report(rows))
    return 0


def measure(
    peers: list[Peer], works: list[str], rounds: int, seconds: float, seed: int
) -> list[Row]:
    """Measure the peers, each at the first of the works that it can do.

    Raises:
        PeerError: One can do none of them, or has failed.
    """
    rows = [Row(peer, _work(peer, works)) for peer in peers]
    shuffled, shuffle = [*rows], random.Random(seed).shuffle
    with Session() as session:
        for row in rows:
            session.start(row.peer)
        counts = {row.peer.name: _count(session, row, seconds) for row in rows}
        for _ in range(rounds):
            shuffle(shuffled)
            for row in shuffled:
                row.rounds.append(_round(session, row, counts[row.peer.name]))
    return rows


def _work(peer: Peer, works: list[str]) -> Work:
    for name in works:
        if name in peer.works:
            return WORKS[name]
    raise PeerError(f"{peer.name} does none of {', '.join(works)}")


def _count(session: Session, row: Row, seconds: float) -> int:
    """Find how many calls take that long; warm the peer up."""
    count = fewest_calls(row.work)
    for part in (0.0, 0.25, 1.0):
        timing = session.pair(row.peer.name).run(row.work.job(count))
        count = calls_in(seconds * part, row.work, timing)
    return count


def _round(session: Session, row: Row, count: int) -> tuple[float, float]:
    _, cost = session.pair(row.peer.name).run_and_account(row.work.job(count))
    return cost.client, cost.server


def report(rows: list[Row]) -> str:
    """Return a table of the times, and of ratios to the first row."""
    head = ("processor time of a call", "client, µs", "server, µs", f"x {rows[0].peer.title}")
    return table(head, [_cells(row, rows[0]) for row in rows])


def _cells(row: Row, reference: Row) -> list[str]:
    client, server = row.fastest
    return [
        row.peer.label(row.work),
        f"{client:.1f}",
        f"{server:.1f}",
        f"{row.ratio(reference):.2f}",
    ]


if __name__ == "__main__":
    sys.exit(main())
