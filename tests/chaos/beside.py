"""Threads beside a run: each works until all are told to stop, and one that does otherwise is a problem of the run."""

import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, wait

Work = Callable[[threading.Event], None]


class Beside:
    """What works beside a run; the event that each is given is set once it is time to stop."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._under_way: dict[str, Future[None]] = {}

    def start(self, name: str, work: Work) -> None:
        """Let it work in a thread of its own, which must not keep a process whose run is over."""
        done = self._under_way[name] = Future()
        threading.Thread(target=self._carry_out, args=(work, done), name=name, daemon=True).start()

    def ended_early(self) -> list[str]:
        """A sentence for each that does not work any more, though nobody has told it to stop."""
        return self._told(self._ended())

    def stop(self, seconds: float) -> list[str]:
        """Tell all to stop; a sentence for each that had ended before, fails on the way, or works on afterwards."""
        ended = self._ended()
        problems = self._told(ended)
        self._stopping.set()
        wait(self._under_way.values(), seconds)
        for name, done in self._under_way.items():
            if not done.done():
                problems.append(f"the {name} did not stop within {seconds:g} s")
            elif done.exception() and name not in ended:
                problems.append(f"the {name} failed{_why(done)}")
        return problems

    def _told(self, ended: list[str]) -> list[str]:
        return [f"the {name} ended while the run went on{_why(self._under_way[name])}" for name in ended]

    def _ended(self) -> list[str]:
        return [name for name, done in self._under_way.items() if done.done()]

    def _carry_out(self, work: Work, done: "Future[None]") -> None:
        try:
            work(self._stopping)
        except BaseException as error:  # pylint: disable=broad-exception-caught  # whoever asks for the result is told
            done.set_exception(error)
        else:
            done.set_result(None)


def _why(done: "Future[None]") -> str:
    error = done.exception()
    return ":\n" + "".join(traceback.format_exception(error)) if error else ""
