"""Kafka's jars: resolved once however many ask, and what is said where Java or Maven is missing or fails."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.kafka.artifacts import expected, require_parts, resolved
from deploy.local.kafka.java import find_java
from deploy.local.postgres_binaries import MissingBinariesError

JAVA_17 = """echo 'openjdk version "17.0.15" 2025-04-15' >&2"""
JAVA_8 = """echo 'openjdk version "1.8.0_392"' >&2"""
# It answers as Maven does, but makes nothing but the folder that it is asked for, and says that it was asked.
MAVEN = """for word in "$@"; do case $word in -Dparts=*) mkdir -p "${word#-Dparts=}/lib" ;; esac; done
echo asked >> "$(dirname "$0")/asked"
sleep 0.2"""
OFFLINE = """echo '[INFO] resolving'; echo '[ERROR] Unknown host the.repository'; echo '[ERROR] -> [Help 1]'; exit 1"""


@pytest.fixture(name="programs")
def programs_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of PATH but the system's own, empty; there is no $JAVA_HOME."""
    folder, system = tmp_path / "programs", tmp_path / "system"
    folder.mkdir()
    system.mkdir()
    for name in ("sh", "mkdir", "dirname", "sleep"):
        (system / name).symlink_to(f"/bin/{name}" if Path(f"/bin/{name}").exists() else f"/usr/bin/{name}")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{system}")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def install(folder: Path, name: str, script: str) -> Path:
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_many_who_ask_at_once_have_maven_resolve_once(programs: Path, tmp_path: Path) -> None:
    install(programs, "java", JAVA_17)
    install(programs, "mvn", MAVEN)
    kept = tmp_path / "jars"
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: resolved(kept), range(4)))
    assert {each.root for each in found} == {expected(kept).root}
    assert found[0].class_path.is_dir()
    assert (programs / "asked").read_text(encoding="utf-8") == "asked\n"
    assert sorted(kept.iterdir()) == sorted([expected(kept).root, kept / "lock"])


def test_once_resolved_neither_maven_nor_the_network_is_needed(programs: Path, tmp_path: Path) -> None:
    install(programs, "java", JAVA_17)
    expected(tmp_path).root.mkdir()
    require_parts(tmp_path)
    assert resolved(tmp_path) == expected(tmp_path)


def test_without_maven_one_line_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    install(programs, "java", JAVA_17)
    for ask in (require_parts, resolved):
        with pytest.raises(MissingBinariesError, match=r"^no Maven found in PATH.* apt-get install maven$"):
            ask(tmp_path)


@pytest.mark.parametrize("version", [None, JAVA_8, "exit 1"], ids=["none", "old", "broken"])
def test_without_a_java_that_is_new_enough_one_line_says_what_to_install(
    programs: Path, tmp_path: Path, version: str | None
) -> None:
    install(programs, "mvn", MAVEN)
    if version is not None:
        install(programs, "java", version)
    for ask in (require_parts, resolved):
        with pytest.raises(MissingBinariesError, match=r"^no Java 17 or newer found: .*default-jdk-headless$"):
            ask(tmp_path)


def test_java_home_comes_before_path_unless_it_is_too_old(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_path = install(programs, "java", JAVA_17)
    at_home = install(tmp_path / "home", "bin/java", JAVA_17)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == at_home
    install(tmp_path / "home", "bin/java", JAVA_8)
    assert find_java() == in_path


def test_what_maven_could_not_do_is_said_in_one_line_and_nothing_is_left_half_done(
    programs: Path, tmp_path: Path
) -> None:
    install(programs, "java", JAVA_17)
    install(programs, "mvn", OFFLINE)
    kept = tmp_path / "jars"
    with pytest.raises(MissingBinariesError, match=r"^Maven could not fetch .*: Unknown host the.repository$"):
        resolved(kept)
    assert list(kept.iterdir()) == [kept / "lock"]


@pytest.mark.usefixtures("programs")
def test_fetching_them_by_hand_says_what_is_missing_in_one_line() -> None:
    command = [sys.executable, "-m", "deploy.local.kafka"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert answer.stderr.startswith("no Java 17 or newer found")
    assert len(answer.stderr.splitlines()) == 1
