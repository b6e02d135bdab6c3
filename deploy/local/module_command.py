"""How the stack starts what is written in Python."""

import sys

from deploy.local.children import Command
from deploy.local.state import StateDirectory
from services.kit.settings import ENV_FILE_VARIABLE, STATE_VARIABLE


def module_command(state: StateDirectory, name: str, *arguments: str) -> Command:
    """A Python module of the project, told where the stack's state and variables are."""
    environment = {
        ENV_FILE_VARIABLE: str(state.environment),
        STATE_VARIABLE: str(state.root),
        "PYTHONUNBUFFERED": "1",
    }
    return Command((sys.executable, "-m", name, *arguments), environment=environment)
