"""The .env of the containers: passwords are made where none are, and nothing that is set changes."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values

from deploy.docker.env_file import completed

PROJECT = Path(__file__).parents[2]
EXAMPLE = "# Who issues.\nISSUER=\nALGORITHM=ES256\n\nDB_PASSWORD=\nCACHE_PASSWORD=\n# PORT=1\n"


def values(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=StringIO(text)))


def test_every_password_is_made_and_differs() -> None:
    made = values(completed(EXAMPLE, EXAMPLE))
    assert (made["ISSUER"], made["ALGORITHM"]) == ("", "ES256")
    assert made["DB_PASSWORD"] != made["CACHE_PASSWORD"]
    assert min(len(made[name] or "") for name in ("DB_PASSWORD", "CACHE_PASSWORD")) >= 32


def test_what_is_set_stays_and_what_is_new_in_the_example_is_added() -> None:
    present = "ISSUER='school of ours' # ours\nDB_PASSWORD=chosen\nPORT=2\n"
    made = completed(present, EXAMPLE)
    assert made.startswith(present)
    assert values(made).keys() == {"ISSUER", "DB_PASSWORD", "PORT", "ALGORITHM", "CACHE_PASSWORD"}
    assert completed(made, EXAMPLE) == made


def test_the_command_writes_a_private_file_and_names_what_is_left_to_set(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text(EXAMPLE, encoding="utf-8")
    answer = subprocess.run(
        [sys.executable, "-m", "deploy.docker.env_file"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == "still to be set in .env: ISSUER\n"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
