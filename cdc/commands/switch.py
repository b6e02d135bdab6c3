"""The command that has services' changes come by way of the other source, on a running system."""

from functools import partial
from typing import Annotated

import typer

from cdc.captured import captured
from cdc.catalog.sources import Source
from cdc.clickhouse import client
from cdc.commands.databases import chosen
from cdc.commands.explained import failures_explained
from cdc.connect import apply as connectors
from cdc.connect.apply import Patience
from cdc.connect.configuration import connector_name, require_carried
from cdc.connect.rest import ConnectError, connect_client
from cdc.postgres import session
from cdc.settings import CdcSettings, database_url
from cdc.source.switch import Outcome, Switch
from services.kit.command_line import Services
from services.kit.command_output import output, say_note


def switch_source(
    source: Annotated[Source, typer.Argument(help="where changes are to be read: slot, or kafka")],
    services: Services = None,
    *,
    timeout: Annotated[float, typer.Option(help="seconds to wait until what Kafka holds is stored")] = 60.0,
) -> None:
    """Have changes come by way of the other source from the next start of `run` on, without a gap; nothing is copied.

    Said once more after that start, it drops what the old source read from.
    """
    with failures_explained(ConnectError):
        settings = CdcSettings.load()
        with client(str(settings.clickhouse_url)) as opened:
            for each in chosen(captured(opened), services):
                if source is Source.KAFKA:
                    require_carried(each)
                forget = partial(_forget_connector, settings, each.service, timeout)
                with session(database_url(each.service)) as connection:
                    outcome = Switch(connection, opened, each.service, timeout, forget).to(source)
                _say(each.service, outcome)


def _forget_connector(settings: CdcSettings, service: str, timeout: float) -> None:
    """Delete the connector that captures a service, and how far it had come; the one of its outbox stays."""
    if settings.connect_url is None:
        say_note(
            f"{service}: CDC_CONNECT_URL is not set: if {connector_name(service)} is there, end it by"
            f" `python -m cdc connect delete {service}`"
        )
        return
    with connect_client(str(settings.connect_url)) as connect:
        connectors.delete(connect, connector_name(service), Patience(timeout))


def _say(service: str, outcome: Outcome) -> None:
    since = f", from {outcome.since} on" if outcome.since else ""
    output.print(f"{service}: its changes come by way of {outcome.source}{since}", highlight=False)
    if outcome.still_read:
        say_note(
            f"{service}: somebody still reads {outcome.still_read}, for which PostgreSQL keeps WAL: once `run` goes by"
            f" way of {outcome.source} alone, say this again"
        )
