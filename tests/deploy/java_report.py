"""Compiles and runs java_clients/Report.java, and reads what the real Java clients saw of an endpoint."""

import os
import subprocess
from pathlib import Path

from deploy.local.clickhouse.starter import ClickHouse
from deploy.local.kafka.artifacts import require_parts, resolved
from deploy.local.kafka.java import find_java
from deploy.local.postgres_binaries import MissingBinariesError
from tests.support.parts import require_part

SOURCES = Path(__file__).with_name("java_clients")
POM = SOURCES / "pom.xml"
COMPILER = ("-m", "jdk.compiler/com.sun.tools.javac.Main")
# The password may have any letter.
UTF_8 = {"LC_ALL": "C.UTF-8"}
SECONDS = 300


def require_java_clients() -> None:
    """Go on where Java and the clients can be had; else skip, and fail where CI runs."""
    try:
        require_parts(pom=POM)
    except MissingBinariesError as missing:
        require_part("ClickHouse's client for Java", present=False, how_to_get=str(missing))
    compiler = subprocess.run([find_java(), "--list-modules"], capture_output=True, text=True, check=True).stdout
    require_part("a Java compiler", "jdk.compiler@" in compiler, "install a JDK, e.g. default-jdk-headless")


def java_report(server: ClickHouse, database: str, classes: Path) -> dict[str, str]:
    """What each look of the report saw, by its name; classes are compiled into `classes`."""
    jars = os.pathsep.join(map(str, resolved(pom=POM).class_path.glob("*.jar")))
    sources = sorted(map(str, SOURCES.glob("*.java")))
    _java({}, *COMPILER, "-Xlint:all,-try", "-Werror", "-proc:none", "-cp", jars, "-d", str(classes), *sources)
    secret = {"PASSWORD": server.password or ""}
    lines = _java(secret, "-Xmx512m", "-cp", f"{jars}{os.pathsep}{classes}", "Report", str(server.port), database)
    return dict(line.split("\t") for line in lines.splitlines())


def _java(environment: dict[str, str], *arguments: str) -> str:
    command = [str(find_java()), *arguments]
    surroundings = os.environ | UTF_8 | environment
    ended = subprocess.run(
        command, env=surroundings, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    return ended.stdout
