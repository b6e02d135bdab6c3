"""The platform on one machine: starters of its real parts, and a supervisor that keeps them running."""
