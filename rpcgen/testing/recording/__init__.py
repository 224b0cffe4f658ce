"""Recordings of the traffic between clients and a server: kept in a file, read, compared, served.

`file` has the format, `traffic` makes calls of the bytes, `proxy` is what stands in between,
`describe` makes an IDL's description of the traffic, `compare` says what has changed, and
`replay` serves what was recorded.
"""
