"""The command line of capture."""
