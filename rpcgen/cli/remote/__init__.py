"""What the commands share that talk to a server: its types, arguments, replies, connections."""
