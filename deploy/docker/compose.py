"""A project of docker-compose.services.yml, with its own name, ports, secrets and volumes, driven through Compose."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parents[2] / "docker-compose.services.yml"


class DockerError(Exception):
    """Docker could not do what it was told to; the message has what it said."""


@dataclass(frozen=True)
class Project:
    """files: Compose files that are laid over the project's own; variables: the file with its variables."""

    name: str
    variables: Path
    files: Sequence[Path] = ()

    def compose(self, *arguments: str) -> str:
        """What Compose prints; DockerError if it fails."""
        files = [word for file in (FILE, *self.files) for word in ("-f", str(file))]
        return _answer([*_compose(), "-p", self.name, *files, "--env-file", str(self.variables), *arguments])

    def starts(self, service: str) -> tuple[str, int]:
        """When the service's process started last, and how often Docker had to start it again."""
        container = self.compose("ps", "--all", "--quiet", service).strip()
        [found] = json.loads(_answer(["docker", "inspect", container]))
        return found["State"]["StartedAt"], found["RestartCount"]


def _compose() -> list[str]:
    """Compose of this environment, else Docker's plugin."""
    own = Path(sys.executable).with_name("docker-compose")
    return [str(own)] if own.exists() else ["docker", "compose"]


def _answer(words: list[str]) -> str:
    if shutil.which(words[0]) is None:
        raise DockerError(f"{words[0]} is not installed")
    answer = subprocess.run(words, capture_output=True, text=True, check=False, env=os.environ)
    if answer.returncode != 0:
        raise DockerError(f"{' '.join(words)}: exit code {answer.returncode}\n{answer.stderr.strip()}")
    return answer.stdout
