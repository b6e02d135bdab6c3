"""What a running `python -m cdc run` serves: its metrics, and its health."""

import json
import math
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection

from prometheus_client.parser import text_string_to_metric_families

PREFIX = "huleedu_cdc_"
_SECONDS = 5


@dataclass(frozen=True)
class Scraped:
    """Samples by their name without the prefix of all, and by their labels."""

    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]

    def value(self, name: str, **labels: str) -> float:
        """A sample's value, NaN while there is none."""
        return self.samples.get((PREFIX + name, frozenset(labels.items())), math.nan)


def scrape(port: int) -> Scraped:
    """Everything on /metrics."""
    status, text = _get(port, "/metrics")
    assert status == HTTPStatus.OK
    families = text_string_to_metric_families(text)
    samples = (sample for family in families for sample in family.samples)
    return Scraped({(each.name, frozenset(each.labels.items())): each.value for each in samples})


def health(port: int) -> tuple[int, dict[str, str]]:
    """The status of /healthz, and what it says of each stream."""
    status, text = _get(port, "/healthz")
    return status, json.loads(text)["checks"]


def answers(port: int) -> bool:
    """Whether somebody serves there already."""
    try:
        _get(port, "/metrics")
    except OSError:
        return False
    return True


def _get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
