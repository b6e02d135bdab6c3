"""The demo: the whole platform on this machine, with real documents going through it."""
