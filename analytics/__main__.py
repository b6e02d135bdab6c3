"""`python -m analytics`."""

from analytics.cli import app

if __name__ == "__main__":
    app(prog_name="python -m analytics")
