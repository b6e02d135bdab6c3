"""Where a stack keeps what it knows: the layout of the state directory, and the lock of its one supervisor."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.kit.settings import DEFAULT_STATE, STATE_VARIABLE


class AlreadyRunningError(Exception):
    """Another supervisor holds the lock."""


@dataclass(frozen=True)
class StateDirectory:
    """The files of one stack."""

    root: Path

    @property
    def record(self) -> Path:
        """Every process with its pid, start time and address."""
        return self.root / "stack.json"

    @property
    def environment(self) -> Path:
        """Every variable that the project's command lines need, passwords among them."""
        return self.root / "stack.env"

    @property
    def lock(self) -> Path:
        """Held by the supervisor as long as it lives; has its pid."""
        return self.root / "supervisor.lock"

    @property
    def logs(self) -> Path:
        """One log a part, and the supervisor's."""
        return self.root / "logs"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's cluster, or a link to where its account can reach it."""
        return self.root / "postgres"

    @property
    def clickhouse(self) -> Path:
        """ClickHouse's data."""
        return self.root / "clickhouse"

    @property
    def valkey(self) -> Path:
        """Valkey's configuration; it stores nothing."""
        return self.root / "valkey"

    @property
    def kafka(self) -> Path:
        """Kafka's topics, Connect's among them."""
        return self.root / "kafka"

    @property
    def connect(self) -> Path:
        """Connect's settings, and secrets for connectors as files; what it knows is in Kafka."""
        return self.root / "connect"

    @property
    def objects(self) -> Path:
        """The services' stored bytes, a folder each."""
        return self.root / "objects"

    @property
    def keys(self) -> Path:
        """The key pair that signs tokens."""
        return self.root / "keys"

    def log(self, name: str) -> Path:
        """The log of part `name`."""
        return self.logs / f"{name}.log"


def state_directory() -> StateDirectory:
    """The state of the stack that belongs to this checkout, or to $HULEEDU_STATE_DIR; made if it isn't there."""
    state = StateDirectory(Path(os.environ.get(STATE_VARIABLE, DEFAULT_STATE)).resolve())
    state.logs.mkdir(parents=True, exist_ok=True)
    return state


@contextmanager
def supervisor_lock(state: StateDirectory) -> Iterator[None]:
    """Be the stack's one supervisor; AlreadyRunningError if another is. The system frees the lock of a dead one."""
    with state.lock.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunningError(f"supervisor process {_holder(state)}") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def supervisor_pid(state: StateDirectory) -> int | None:
    """The pid of the living supervisor, None if there is none."""
    if not state.lock.exists():
        return None
    with state.lock.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _holder(state)
    return None


def _holder(state: StateDirectory) -> int | None:
    pid = state.lock.read_text(encoding="utf-8")
    return int(pid) if pid.isdigit() else None
