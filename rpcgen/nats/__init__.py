"""Calls that travel by a NATS broker, ``via="nats"``; of this, only `rpcgen.sync` and `aio` know.

A client or a server speaks to a bridge here as it does to a peer on a connection, in frames, see
`rpcgen.protocol.frames`; the bridge makes NATS messages of them::

    client ── frames ── ClientBridge ── broker ── WorkerBridge ── frames ── server
"""
