"""`python -m cdc`."""

from cdc.cli import app

if __name__ == "__main__":
    app(prog_name="python -m cdc")
