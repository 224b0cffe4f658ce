"""Common parts of the commands that talk to a server: types, arguments, replies, connections."""
