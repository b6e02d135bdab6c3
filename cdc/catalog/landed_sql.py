"""The query that makes typed versions of landed rows: ClickHouse analyses it anew for each insert, so it is kept short.

Each value is cast once and held against its text once, under a name of its own that the other expressions use: the
analysis of an insert of one row costs more than the insert.
"""

from cdc.catalog.model import CapturedTable, Column, literal, quoted
from cdc.catalog.version_sql import version_of

# Capitals are of a change that came without a value: see cdc/catalog/envelope_sql.py.
_WANTING = (
    "a value of this change could not be told from what Debezium sent: copy the table anew, and discard the change"
)
_WHOLE_OP = f"if(throwIf(landed._op IN ('C', 'U', 'D'), '{_WANTING}') = 0, landed._op, '')"


def typed_versions(captured: CapturedTable) -> str:
    """The query from a table's landing to its history."""
    columns = [_LandedColumn(number, column) for number, column in enumerate(captured.stored_columns)]
    keys, values = columns[: len(captured.key)], columns[len(captured.key) :]
    selected = [
        *(f"{each.key(str(captured))} AS {each.quoted}" for each in keys),
        *(f"{each.value} AS {each.quoted}" for each in values),
        f"{version_of('landed')} AS _version",
        f"{_WHOLE_OP} AS _op",
        "landed._xid AS _xid",
        "fromUnixTimestamp64Micro(landed._commit_us, 'UTC') AS _commit_time",
        f"{_kept_as_text(values)} AS _raw",
    ]
    named = ", ".join(each.names for each in columns if not each.rule.is_text)
    return f"{f'WITH {named} ' if named else ''}SELECT {', '.join(selected)} FROM {captured.landing} AS landed"


class _LandedColumn:
    """One column of a landed row: its text, its cast, and whether the cast gives that text back."""

    def __init__(self, number: int, column: Column) -> None:
        self.rule, self.name = column.rule, column.name
        self.quoted = quoted(column.name)
        self.text = f"landed.{self.quoted}"
        self.typed, self.lost = f"_typed_{number}", f"_lost_{number}"

    @property
    def names(self) -> str:
        """What the other expressions use, defined."""
        lost = self.rule.loss(self.text, self.typed)
        return f"{self.rule.cast(self.text)} AS {self.typed}, {lost} AS {self.lost}"

    @property
    def value(self) -> str:
        """The typed value, NULL where the type cannot hold it."""
        if self.rule.is_text:
            return self.text
        return self.typed if self.rule.keeps_inexact else f"if({self.lost}, NULL, {self.typed})"

    def key(self, table: str) -> str:
        """The typed value of a key column; raises in ClickHouse where the type cannot hold it: a key is never NULL."""
        if self.rule.is_text:
            return f"assumeNotNull({self.text})"
        refusal = f"throwIf({self.lost} OR isNull({self.typed}), 'key column {table}.{self.name} cannot be carried')"
        return f"if({refusal} = 0, assumeNotNull({self.typed}), {self.rule.default})"


def _kept_as_text(values: list[_LandedColumn]) -> str:
    pairs = [f"{literal(each.name)}, if({each.lost}, {each.text}, NULL)" for each in values if not each.rule.is_text]
    kept = f"mapFilter((name, text) -> text IS NOT NULL, map({', '.join(pairs)}))" if pairs else "map()"
    return f"CAST({kept}, 'Map(LowCardinality(String), String)')"
