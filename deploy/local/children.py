"""Child processes that never outlive the process that started them, however that one dies.

Only Linux offers the tie to the parent. Elsewhere an orphan lives on until the next `up` clears it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.accounts import Account

Process = subprocess.Popen[bytes]

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 20.0
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Command:
    """What to start: the words of its command line, its working directory, and what it has beside our environment.

    left_out: how the names of variables begin that it does not have from us.
    """

    argv: tuple[str, ...]
    directory: Path = Path()
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account | None = None
    left_out: tuple[str, ...] = ()


def start_child(command: Command, log: Path, on_death: signal.Signals = signal.SIGTERM) -> Process:
    """Start `command` in a session of its own, writing to `log`; `on_death` reaches it when the calling thread dies."""
    account = command.account
    with log.open("ab") as output:
        return subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn  # the tie must follow the change of uid
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=command.directory,
            env={**_inherited(command.left_out), **command.environment},
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
            preexec_fn=_tie_to_parent(on_death),
        )


def _inherited(left_out: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _tie_to_parent(on_death: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(on_death))
            if os.getppid() != parent:
                os.kill(os.getpid(), on_death)

    return tie


def stop_child(process: Process, endings: Sequence[signal.Signals], within: float = STOP_SECONDS) -> None:
    """Send `endings` one after the other, and SIGKILL at last, until the process is gone; each has `within` seconds."""
    for ending in (*endings, signal.SIGKILL):
        process.send_signal(ending)
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if has_ended(process):
                return
            time.sleep(0.02)


def has_ended(process: Process) -> bool:
    """Whether the process is gone; if so, what is left of its session goes too, and `returncode` is set.

    Its session is swept before it is reaped: until then nobody else can have its number.
    """
    if process.returncode is not None:
        return True
    if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True
