"""Resolvers with I/O: they find servers by asking others, in threads of their own."""
