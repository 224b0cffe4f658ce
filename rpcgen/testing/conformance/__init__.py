"""A suite that any server of net/rpc can be run against: ``python -m rpcgen.testing.conformance``.

`service` is what the server must offer, `peer` the client that says exactly what a case wants,
`cases` the table of cases, and `report` what is told of them.
"""
