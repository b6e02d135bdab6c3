"""How the stack is: what stack.json says, held against the processes that are really there."""

import time

from pydantic import BaseModel
from rich import box
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from deploy.local.logs import tail
from deploy.local.processes import find
from deploy.local.record import Condition, PartRecord, read_record
from deploy.local.state import StateDirectory, supervisor_pid

COLOURS = {Condition.RUNNING: "green", Condition.DONE: "green", Condition.STOPPED: "red", Condition.RESTARTING: "red"}
TROUBLED = frozenset({Condition.RESTARTING, Condition.STARTING})
REPEATED = 2
LOG_LINES = 10


class StackStatus(BaseModel):
    """The stack as it is now; `healthy` when a supervisor lives and every part runs or has done its work."""

    healthy: bool
    supervisor: int | None
    parts: tuple[PartRecord, ...]


def stack_status(state: StateDirectory) -> StackStatus:
    """Look at the stack: a part whose recorded process is gone counts as stopped, whatever was written last."""
    supervisor = supervisor_pid(state)
    record = read_record(state.record)
    parts = tuple(_as_it_is(part) for part in record.parts) if record else ()
    satisfied = all(part.condition in {Condition.RUNNING, Condition.DONE} for part in parts)
    return StackStatus(healthy=supervisor is not None and bool(parts) and satisfied, supervisor=supervisor, parts=parts)


def _as_it_is(part: PartRecord) -> PartRecord:
    if part.identity is None or find(part.identity) is not None:
        return part
    return part.model_copy(update={"condition": Condition.STOPPED, "pid": None, "started": None})


def rendered(status: StackStatus) -> RenderableType:
    """The status for people: a table, and the end of the log of each part that doesn't stay up."""
    if status.supervisor is None and not any(part.pid for part in status.parts):
        return Text("the stack is not running; `python -m deploy.local up` starts it")
    headline = f"supervisor process {status.supervisor}" if status.supervisor else "no supervisor is running"
    troubled = [part for part in status.parts if part.condition in TROUBLED and part.failures >= REPEATED]
    restarted = [Text(f"{part.name}: restarted after {part.last_exit}") for part in status.parts if part.restarts]
    return Group(Text(headline), _table(status), *restarted, *(_trouble(part) for part in troubled))


def _table(status: StackStatus) -> Table:
    # An address is there to be copied, so it is never broken; where a line is too long, the time up is.
    titles = ("part", "state", "process", "address", "up", "restarts")
    columns = (Column(title, no_wrap=title != "up", overflow="fold") for title in titles)
    table = Table(*columns, box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for part in status.parts:
        table.add_row(
            part.name,
            Text(part.condition, style=COLOURS.get(part.condition, "yellow")),
            str(part.pid or ""),
            part.address,
            _duration(time.time() - part.started) if part.started else "",
            str(part.restarts),
        )
    return table


def _trouble(part: PartRecord) -> Text:
    return Text(f"{part.name} does not stay up; the end of {part.log}:\n{tail(part.log_file, LOG_LINES)}\n")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
