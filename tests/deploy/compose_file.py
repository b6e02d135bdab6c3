"""docker-compose.services.yml as Compose itself reads it; no engine is needed."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from deploy.docker.env_file import EXAMPLE, completed
from tests.support.parts import require_part

FILE = Path("docker-compose.services.yml")
BINARY = Path(sys.executable).with_name("docker-compose")
Described = dict[str, Any]


def complete_values() -> dict[str, str]:
    """What a complete .env has."""
    text = EXAMPLE.read_text(encoding="utf-8")
    found = {name: value or "x" for name, value in dotenv_values(stream=StringIO(completed(text, text))).items()}
    return found | {"API_GATEWAY_JWT_PUBLIC_KEY_FILE": "/keys/token-public.pem"}


def compose(values: dict[str, str], directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Compose's answer, which knows these values and nothing of the environment."""
    require_part("Docker Compose", BINARY.exists(), "run `make setup`")
    variables = directory / "variables"
    variables.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    started = [str(BINARY), "-f", str(FILE), "--env-file", str(variables), *arguments]
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(started, capture_output=True, text=True, check=False, timeout=60, env=environment)


def described_services(values: dict[str, str], directory: Path) -> Described:
    """Every service of the file as Compose understands it, the optional ones among them."""
    answer = compose(values, directory, "--profile", "*", "config", "--format", "json")
    assert (answer.returncode, answer.stderr) == (0, "")
    services: Described = json.loads(answer.stdout)["services"]
    return services
