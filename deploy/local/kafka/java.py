"""Where the Java virtual machine is, and the command line that runs a part of Kafka in it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.children import Command
from deploy.local.postgres_binaries import MissingBinariesError

OLDEST_MAJOR = 17  # the first that Kafka's broker runs on
LOGGING = Path(__file__).with_name("log4j2.properties")
OPTIONS = (
    "-XX:+ExitOnOutOfMemoryError",
    # Where nobody looks at a JVM's counters, they need not be written to /tmp.
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    f"-Dlog4j2.configurationFile={LOGGING}",
)
BRIEF_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def find_java() -> Path:
    """The `java` of $JAVA_HOME or PATH that is new enough; MissingBinariesError says what to install."""
    for binary in _candidates():
        if _major(binary) >= OLDEST_MAJOR:
            return binary
    raise MissingBinariesError(
        f"no Java {OLDEST_MAJOR} or newer found: looked in $JAVA_HOME and in PATH; install a JDK, "
        f"e.g. apt-get install openjdk-17-jdk-headless"
    )


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home) / "bin" / "java"
    found = shutil.which("java")
    if found is not None:
        yield Path(found)


def _major(binary: Path) -> int:
    """The major version that `java -version` states; 0 if it doesn't run."""
    try:
        answer = subprocess.run([binary, "-version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    stated = re.search(r'version "(\d+)', answer.stderr)
    return int(stated.group(1)) if stated else 0


@dataclass(frozen=True)
class Program:
    """A class with a `main`, the words it is given, and the megabytes its objects may take.

    brief: it lives for minutes, so that code compiled quickly serves it better than code compiled well.
    """

    main: str
    arguments: tuple[str, ...]
    heap: int
    brief: bool = False


def java_command(program: Program, class_path: Path, directory: Path, environment: Mapping[str, str]) -> Command:
    """Runs `program`, of the jars in `class_path`, in `directory`; `environment` is beside our own."""
    options = (*OPTIONS, *(BRIEF_OPTIONS if program.brief else ()), f"-Xmx{program.heap}m", "-cp", f"{class_path}/*")
    return Command((str(find_java()), *options, program.main, *program.arguments), directory, environment)
