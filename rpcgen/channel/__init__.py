"""Choice of the connection that a call takes, without I/O, threads or clocks.

The channels of both APIs (`rpcgen.sync.channel`, `rpcgen.aio.channel`) drive what is here: they
connect, wait and call, and say what has become of that and when.
"""
