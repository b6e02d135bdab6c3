"""`python -m cdc`."""

from cdc.commands.app import app

if __name__ == "__main__":
    app(prog_name="python -m cdc")
