"""Databases that nobody here modelled: looked at, adopted into capture, and released as they were."""
