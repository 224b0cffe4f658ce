"""Encoder and decoder whose values the accelerator in C encodes and decodes, where it can."""
