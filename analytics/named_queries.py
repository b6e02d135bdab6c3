"""Business questions with a name: SQL files in `queries`, each with its title and parameters at its head."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from analytics.errors import QuestionError
from analytics.instants import for_clickhouse, instant
from services.kit.names import not_called

QUERIES = Path(__file__).parent / "queries"
_TITLE = re.compile(r"^-- title: (?P<title>.+)$", re.MULTILINE)
_PARAMETER = re.compile(
    r"^-- parameter (?P<name>\w+) (?P<kind>[A-Z].*?)(?: = (?P<default>.*?))?: (?P<meaning>.+)$", re.MULTILINE
)
_PLACEHOLDER = re.compile(r"\{(?P<name>\w+):\s*(?P<kind>[^{}]+)\}")


class QueryFileError(ValueError):
    """A query file's head does not fit its SQL; the message names the file."""


@dataclass(frozen=True)
class Parameter:
    """One parameter: its ClickHouse type, and what it is if not given; one without a default must be given.

    A Nullable one that is not given is NULL, which by convention narrows nothing.
    """

    name: str
    kind: str
    default: str | None
    meaning: str

    @property
    def is_optional(self) -> bool:
        """Whether the query can be asked without it."""
        return self.default is not None or self.kind.startswith("Nullable(")


@dataclass(frozen=True)
class NamedQuery:
    """One query file."""

    name: str
    title: str
    parameters: tuple[Parameter, ...]
    sql: str


def named_queries(directory: Path = QUERIES) -> dict[str, NamedQuery]:
    """Every query by its name, which is its file's; QueryFileError for a file whose head is wrong."""
    return {path.stem: read_query(path.stem, path.read_text()) for path in sorted(directory.glob("*.sql"))}


def query_named(name: str) -> NamedQuery:
    """The query of this name; QuestionError lists the known ones otherwise."""
    known = named_queries()
    if name not in known:
        raise QuestionError(not_called("query", name, known))
    return known[name]


def read_query(name: str, sql: str) -> NamedQuery:
    """The query that a file's text declares; QueryFileError where its parameters are not those of its SQL."""
    title = _TITLE.search(sql)
    if title is None:
        raise QueryFileError(f"query {name}: its head needs a line `-- title: …`")
    parameters = tuple(Parameter(**match.groupdict()) for match in _PARAMETER.finditer(sql))
    declared = {(parameter.name, parameter.kind) for parameter in parameters}
    used = {(match["name"], match["kind"].strip()) for match in _PLACEHOLDER.finditer(sql)}
    if declared != used:
        differing = ", ".join(sorted(f"{name} {kind}" for name, kind in declared ^ used))
        raise QueryFileError(f"query {name}: declared at its head or used in its SQL, but not both: {differing}")
    return NamedQuery(name, title["title"], parameters, sql)


def with_period(given: Mapping[str, str], since: str | None, until: str | None) -> dict[str, str]:
    """Parameters with `since` and `until` among them; QuestionError for one that is given in both ways."""
    period = {name: text for name, text in (("since", since), ("until", until)) if text is not None}
    twice = period.keys() & given.keys()
    if twice:
        raise QuestionError(f"given twice, as an option and as a parameter: {', '.join(sorted(twice))}")
    return {**given, **period}


def bound(query: NamedQuery, given: Mapping[str, str], now: datetime) -> dict[str, str | None]:
    """What the query's placeholders are bound to; QuestionError for a missing or unknown parameter, or no instant.

    given: parameters as text, instants as `analytics.instants` reads them.
    """
    known = {parameter.name: parameter for parameter in query.parameters}
    missing = [name for name, parameter in known.items() if name not in given and not parameter.is_optional]
    unknown = [name for name in given if name not in known]
    if missing or unknown:
        wrong = [*(f"{name} is missing" for name in missing), *(f"it has no {name}" for name in unknown)]
        raise QuestionError(f"query {query.name}: {', '.join(wrong)}; parameters: {', '.join(known) or 'none'}")
    return {name: _text(parameter, given.get(name, parameter.default), now) for name, parameter in known.items()}


def _text(parameter: Parameter, text: str | None, now: datetime) -> str | None:
    is_instant = "DateTime" in parameter.kind
    return for_clickhouse(instant(text, now)) if is_instant and text is not None else text
