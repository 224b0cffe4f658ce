"""rpcgen beside its peers: ``python -m benchmarks`` (``--quick`` for a minute of it).

What is measured, and with whom: `catalogue`, with the targets in `targets`.
Each peer is a module of `peers` (and ``go/net``), which `child` runs in a
process of its own; `controller` starts and ends these, and tells the clients
what to do, one `job` at a time. `run` goes through the parts: `rounds` (a to
d), `startup` (e), `codec` (f), which is a command of its own too, and `growth`
(g). `tables` and `charts` show the `results`.

What makes it fair:

- Every peer does the same work on the same `values`, and says in its module
  where it cannot. A reply is checked before a job is timed.
- A job repeats its call for about the same time for every peer. The one pair
  of processes that has a job has the machine: all others wait for input, but
  for the timers of some peers, which take less than a thousandth of a core.
- The peers take turns, in an order that is new in every round, and a ratio is
  the median of the ratios within the rounds.
"""
