"""Tests of rpcgen.schema."""
