"""Benchmarks: capture beside the bare parts it is made of, in one run on one machine."""
