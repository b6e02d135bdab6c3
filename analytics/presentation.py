"""How a timeline reads: for people a headline a change with its columns below, for programs one object a change."""

from collections.abc import Iterator
from datetime import UTC

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from analytics.changes import Change
from services.kit.command_output import shown

_COLOURS = {"created": "green", "updated": "yellow", "snapshot": "blue"}
_ENDED = "red"


def change_record(change: Change) -> dict[str, object]:
    """A change as one JSON object."""
    version = change.version
    return {
        "at": version.commit_time.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": change.kind,
        "table": version.table,
        "key": version.key,
        **vars(version.actor),
        "changes": {each.column: {"old": each.old, "new": each.new} for each in change.columns},
        "version": str(version.number),
    }


def change_block(change: Change, subject: str) -> RenderableType:
    """A change for people; its table and key are said where they are not `subject`, the `table key` asked about."""
    return Group(_headline(change, subject), Padding(Group(*_details(change)), (0, 0, 1, 4)))


def subject_of(change: Change) -> str:
    """The table and key that a change is about."""
    return f"{change.version.table} {','.join(change.version.key)}"


def _headline(change: Change, subject: str) -> Text:
    at = change.version.commit_time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    kind = Text(change.kind, style=_COLOURS.get(change.kind, _ENDED))
    about = subject_of(change)
    elsewhere = [] if about == subject else [shown(about)]
    return Text("  ").join([Text(at, style="bold"), kind, *elsewhere])


def _details(change: Change) -> Iterator[RenderableType]:
    actor = change.version.actor
    named = {"by": actor.user_id, "in": actor.route, "request": actor.correlation_id, "because": actor.reason}
    said = [Text.assemble((word, "dim"), " ", shown(value)) for word, value in named.items() if value is not None]
    if said:
        yield Text("  ").join(said)
    if change.columns:
        yield _columns(change)
    else:
        yield Text("no column changed", style="dim")


def _columns(change: Change) -> Table:
    names, values = Column(style="cyan", overflow="fold"), Column(overflow="fold")
    grid = Table.grid(names, values, padding=(0, 2))
    for each in change.columns:
        if change.has_ended:
            value = shown(each.old)
        elif change.is_first:
            value = shown(each.new)
        else:
            value = Text(" → ").join([shown(each.old), shown(each.new)])
        grid.add_row(Text(each.column), value)
    return grid
