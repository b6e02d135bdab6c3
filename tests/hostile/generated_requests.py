"""Sends a service requests that its own description allows, and such that it forbids, and judges the answers."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.core.result import Ok

_MOST_AT_A_TIME = 40
_SECONDS_TO_ANSWER = 30
_UNAUTHORIZED = 401
_ID = re.compile(r'"([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})"')
_MOST_IDS = 500
Operation = APIOperation[Any, Any, Any, Any]
_TRACES = ("Traceback (most recent call last)", 'File "/')


@dataclass
class Tally:
    """How many requests were answered with which status, and what should never have been answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(self.statuses.values())


class Sender:
    """Asks as one caller; ids that are known, or that answers name, come back in requests that meet what exists.

    sign_in: the headers that say who asks; called anew when they are refused.
    """

    def __init__(
        self, url: str, sign_in: Callable[[], Mapping[str, str]], number: int, known: Sequence[str] = ()
    ) -> None:
        self.tally = Tally()
        self._session = requests.Session()
        self._session.trust_env = False
        self._schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
        self._sign_in = sign_in
        self._headers = dict(sign_in())
        self._number = number
        self._random = random.Random(number)
        self._known = list(known)

    def send(self, count: int) -> Tally:
        """At least `count` requests, spread over all operations and both kinds."""
        kinds = list(self._kinds())
        at_a_time = min(_MOST_AT_A_TIME, -(-count // len(kinds)))
        for turn, (operation, mode) in enumerate(cycle(kinds)):
            if self.tally.sent >= count:
                break
            self._send_some(operation, mode, at_a_time, self._number + turn)
        return self.tally

    def _kinds(self) -> Iterator[tuple[Operation, GenerationMode]]:
        for found in self._schema.get_all_operations():
            # A description that is not valid is a fault of its own.
            assert isinstance(found, Ok), found
            for mode in GenerationMode:
                yield found.ok(), mode

    def _send_some(self, operation: Operation, mode: GenerationMode, count: int, number: int) -> None:
        def ask(case: Case[Any]) -> None:
            self._ask(case)

        some = settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        ask_some: Callable[[], None] = seed(number)(some(given(operation.as_strategy(generation_mode=mode))(ask)))
        # Some operations cannot be asked wrongly: what has no parameters has no wrong ones.
        with suppress(Unsatisfiable):
            ask_some()

    def _ask(self, case: Case[Any]) -> None:
        for name in case.path_parameters or {}:
            if self._known and self._random.random() < 0.5:
                case.path_parameters[name] = self._random.choice(self._known)
        response = case.call(session=self._session, headers=self._headers, timeout=_SECONDS_TO_ANSWER)
        self.tally.statuses[response.status_code] += 1
        if response.status_code == _UNAUTHORIZED:
            # Some request has ended the caller's own session.
            self._headers = dict(self._sign_in())
        text = response.content.decode(errors="replace")
        if response.status_code >= 500 or any(trace in text for trace in _TRACES):
            self.tally.faults.append(_told(case, response))
        if response.status_code < 300 and len(self._known) < _MOST_IDS:
            self._known.extend(_ID.findall(text)[:5])


def _told(case: Case[Any], response: Response) -> str:
    return f"{case.as_curl_command()}\n  {response.status_code}: {response.content[:300]!r}"
