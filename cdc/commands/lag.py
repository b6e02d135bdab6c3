"""`python -m cdc lag`: how late the copy is, what slots hold back and until when, and what is under way."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import typer
from clickhouse_connect.driver import Client
from clickhouse_connect.driver.exceptions import OperationalError
from rich.text import Text

from cdc.bookkeeping.standing import Standing, service_standing
from cdc.captured import captured
from cdc.catalog.declared import all_catalogs
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.sources import Source, slot_of
from cdc.clickhouse import client
from cdc.commands.databases import chosen
from cdc.commands.explained import failures_explained
from cdc.commands.pipelines import kafka_place
from cdc.kafka.lag import messages_behind
from cdc.lag.measure import ServiceLag, Slot, TableLag, service_lag, table_lags
from cdc.lag.wal_forecast import Forecast
from cdc.settings import CdcSettings, database_url
from services.kit.clickhouse import ClickHouseAwayError
from services.kit.command_line import FAILED, Services
from services.kit.command_output import Json, output, say_heading, say_json, say_note, say_rows

PATIENCE_SECONDS = 5.0
# This is asked when something is wrong: a ClickHouse that hangs must not keep PostgreSQL's side from being told.
LONGEST_SILENCE_SECONDS = 15
# Short, so that a row fits a screen of 80 columns.
_SERVICE_COLUMNS = ("service", "delay", "stored to", "slot")
_SLOT_COLUMNS = ("service", "behind", "retained", "grows by", "room", "at this rate")
_OTHER_COLUMNS = ("slot", "state", "behind", "retained")
_MESSAGE_COLUMNS = ("service", "messages")
_EPOCH_COLUMNS = ("service", "epoch", "since (UTC)", "why")
_TABLE_COLUMNS = ("table", "changes", "newest (UTC)", "as text", "parked")


@dataclass
class _Found:
    services: list[ServiceLag] = field(default_factory=list)
    tables: list[TableLag] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    # What each service's group has not stored of its topics; of none where changes come from slots.
    messages: dict[str, int] = field(default_factory=dict)
    # Of which services Kafka does not tell that, by what it says instead.
    untold: dict[str, list[str]] = field(default_factory=dict)


def lag(services: Services = None, *, as_json: Json = False) -> None:
    """Say how long a change takes to ClickHouse now, how much WAL each slot holds back, and when there is no more room.

    While ClickHouse does not answer, or no more, what PostgreSQL knows is told, and the exit code is 1. So it is while
    Kafka does not, with all but the messages there.
    """
    with failures_explained():
        settings = CdcSettings.load()
        try:
            with client(str(settings.clickhouse_url), LONGEST_SILENCE_SECONDS) as opened:
                found, away = _found(settings, captured(opened), services, opened), None
        except (ClickHouseAwayError, OperationalError) as error:
            found, away = _found(settings, Catalogs(all_catalogs()), services, None), error
    if as_json:
        for line in [*map(asdict, found.services), *map(asdict, found.tables), *map(asdict, found.standing)]:
            say_json(line)
        for service, messages in found.messages.items():
            say_json({"service": service, "messages_behind": messages})
    else:
        _say(found)
    for why, silent in found.untold.items():
        place = f"Kafka at {settings.kafka_bootstrap}"
        say_note(f"{place} does not answer for {', '.join(silent)} ({why}): start it, or correct CDC_KAFKA_BOOTSTRAP")
    if away:
        say_note(str(away))
    if away or found.untold:
        raise typer.Exit(FAILED)


def _found(settings: CdcSettings, catalogs: Catalogs, services: Sequence[str] | None, opened: Client | None) -> _Found:
    found, wanted = _Found(), chosen(catalogs, services)
    for each in wanted:
        found.services.append(
            service_lag(
                each,
                database_url(each.service),
                opened,
                PATIENCE_SECONDS,
                wal_directory=settings.wal_directory,
                slot=slot_of(settings.source, each.service),
            )
        )
        if opened:
            found.tables += table_lags(each, opened)
            standing = service_standing(each, opened)
            found.standing += [standing] if standing else []
    if settings.source is Source.KAFKA:
        _ask_kafka(settings, wanted, found)
    return found


def _ask_kafka(settings: CdcSettings, catalogs: Sequence[ServiceCatalog], found: _Found) -> None:
    for service, told in messages_behind([kafka_place(settings).group(each) for each in catalogs]).items():
        if isinstance(told, int):
            found.messages[service] = told
        else:
            found.untold.setdefault(str(told), []).append(service)


def _say(found: _Found) -> None:
    say_heading("how late the copy is (times in UTC)")
    say_rows(_SERVICE_COLUMNS, [_service_row(each) for each in found.services], as_json=False)
    say_heading("WAL that each replication slot holds back, and what comes of it if nothing is stored any more")
    say_rows(_SLOT_COLUMNS, [_slot_row(each) for each in found.services], as_json=False)
    others = [_other_row(*other) for each in found.services for other in each.other_slots.items()]
    if others:
        say_heading("slots of these databases that captured changes do not come by; what is not read holds WAL back")
        say_rows(_OTHER_COLUMNS, others, as_json=False)
    if found.messages:
        say_heading("messages in Kafka that are not stored yet")
        behind = [(service, str(messages)) for service, messages in found.messages.items()]
        say_rows(_MESSAGE_COLUMNS, behind, as_json=False)
    if not found.tables:
        return
    say_heading("what history has; as text: values that ClickHouse's types cannot hold; parked: dead letters")
    say_rows(_TABLE_COLUMNS, [_table_row(each) for each in found.tables], as_json=False)
    say_heading("since when each stream goes on without a gap, and why it began there; copies under way")
    say_rows(_EPOCH_COLUMNS, [_epoch_row(each) for each in found.standing], as_json=False)
    for table, stage in [copy for each in found.standing for copy in each.copies.items()]:
        output.print(Text(f"{table}: {stage}"), soft_wrap=True)


def _service_row(found: ServiceLag) -> tuple[str, ...]:
    delay = f"over {PATIENCE_SECONDS:g} s" if found.delay_seconds is None else f"{found.delay_seconds:.2f} s"
    newest = f"{found.newest_commit:%m-%d %H:%M:%S}" if found.newest_commit else "none"
    return found.service, delay, newest, _state(found.slot) if found.slot else "none"


def _slot_row(found: ServiceLag) -> tuple[str, ...]:
    if found.slot is None or found.forecast is None:
        return found.service, "", "", "", "", ""
    told = found.forecast
    growth = "" if told.bytes_per_second is None else f"{shown_bytes(told.bytes_per_second)}/s"
    room = "not known" if told.bytes_left is None else shown_bytes(told.bytes_left)
    held = shown_bytes(found.slot.unconfirmed_bytes), shown_bytes(found.slot.retained_bytes)
    return found.service, *held, growth, room, _outcome(told)


def _other_row(name: str, slot: Slot) -> tuple[str, ...]:
    return name, _state(slot), shown_bytes(slot.unconfirmed_bytes), shown_bytes(slot.retained_bytes)


def _state(slot: Slot) -> str:
    return f"{'active' if slot.active else 'not read'}, {slot.wal_status}"


def _outcome(told: Forecast) -> str:
    if told.bytes_per_second is None:
        return "keeps up"
    if told.seconds_left is None:
        return "no end known" if told.limit is None else "no growth"
    return f"{told.limit} in {shown_time(told.seconds_left)}"


def _table_row(found: TableLag) -> tuple[str, ...]:
    newest = f"{found.newest_change:%Y-%m-%d %H:%M:%S}" if found.newest_change else "none"
    return found.table, str(found.changes), newest, str(found.raw_values), str(found.parked)


def _epoch_row(found: Standing) -> tuple[str, ...]:
    return found.service, str(found.epoch), f"{found.since:%m-%d %H:%M:%S}", found.reason


def shown_bytes(count: float) -> str:
    """A number of bytes for people, in the largest unit of which there is at least one."""
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    place = next((n for n in range(len(units) - 1) if abs(count) < 1024 ** (n + 1)), len(units) - 1)
    return f"{count / 1024**place:.{int(place > 0)}f} {units[place]}"


def shown_time(seconds: float) -> str:
    """A time for people, in the largest unit of which there is at least one."""
    units = {"d": 86_400, "h": 3600, "min": 60}
    unit, size = next(((unit, size) for unit, size in units.items() if seconds >= size), ("s", 1))
    return f"{seconds / size:.1f} {unit}" if size > 1 else f"{seconds:.0f} s"
