"""Shows what the parts logged: the ends of their logs, or what is added to them."""

import time
from collections.abc import Iterator
from contextlib import suppress

from deploy.local.logs import Follower
from deploy.local.state import StateDirectory
from deploy.local.supervisor import Say
from services.kit.names import UnknownNameError

POLL_SECONDS = 0.2


def log_names(state: StateDirectory, name: str | None) -> list[str]:
    """The names of the logs there are, or the one that was asked for; UnknownNameError if it isn't there."""
    known = sorted(file.stem for file in state.logs.glob("*.log"))
    if name is not None and name not in known:
        raise UnknownNameError(f"there is no log of {name!r}; there are: {', '.join(known) or 'none'}")
    return known if name is None else [name]


def show_ends(state: StateDirectory, names: list[str], lines: int, say: Say) -> None:
    """The last `lines` lines of each log, under its name if there are several."""
    _show({name: Follower(state.log(name)) for name in names}, lines, say)


def follow(state: StateDirectory, names: list[str], lines: int, say: Say) -> None:
    """The same, then lines as they are added, each with its part's name if there are several; until interrupted."""
    followers = {name: Follower(state.log(name)) for name in names}
    _show(followers, lines, say)
    with suppress(KeyboardInterrupt):
        while True:
            for name, line in _added(followers):
                say(f"{name} | {line}" if len(names) > 1 else line)
            time.sleep(POLL_SECONDS)


def _show(followers: dict[str, Follower], lines: int, say: Say) -> None:
    for name, follower in followers.items():
        if len(followers) > 1:
            say(f"== {name} ==")
        say(follower.before(lines))


def _added(followers: dict[str, Follower]) -> Iterator[tuple[str, str]]:
    for name, follower in followers.items():
        for line in follower.new_lines():
            yield name, line
