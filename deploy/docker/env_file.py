"""`python -m deploy.docker.env_file`: writes .env for docker-compose.services.yml, with passwords where none are."""

import secrets
from pathlib import Path

import typer
from dotenv import dotenv_values

from deploy.private_file import write_private

EXAMPLE, FILE = Path(".env.example"), Path(".env")
SECRET = "_PASSWORD"  # noqa: S105 - how the names of such variables end


def completed(text: str, example: str) -> str:
    """`text` with what it lacks of `example`, and with a password for each variable that has none; the rest stays."""
    present = {_name(line) for line in text.splitlines()}
    missing = [line for line in example.splitlines() if _name(line) and _name(line) not in present]
    return "".join(f"{_with_secret(line)}\n" for line in (*text.splitlines(), *missing))


def _name(line: str) -> str:
    """The variable that the line sets; none in a comment."""
    name, assigned, _ = line.partition("=")
    return name.strip() if assigned and not line.startswith("#") else ""


def _with_secret(line: str) -> str:
    needed = _name(line).endswith(SECRET) and not line.partition("=")[2].strip()
    return f"{_name(line)}={secrets.token_urlsafe(24)}" if needed else line


def main() -> None:
    """Complete .env from .env.example, and name what nobody but you can set."""
    example = EXAMPLE.read_text(encoding="utf-8")
    present = FILE.read_text(encoding="utf-8") if FILE.exists() else example
    write_private(FILE, completed(present, example))
    unset = [name for name, value in dotenv_values(FILE).items() if not value]
    typer.echo(f"{FILE} is complete" if not unset else f"still to be set in {FILE}: {', '.join(unset)}")


if __name__ == "__main__":
    typer.run(main)
