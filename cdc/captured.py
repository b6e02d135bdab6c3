"""Everything that is captured: what the models declare, and what was adopted."""

import logging
import time
from functools import partial

from clickhouse_connect.driver import Client

from cdc.catalog.declared import all_catalogs
from cdc.catalog.lookup import Catalogs
from cdc.catalog.model import ServiceCatalog
from cdc.catalog.recorded import recorded_adoptions
from cdc.clickhouse import PASSING_ERRORS, client, is_passing, rows_of
from cdc.shapes.in_clickhouse import in_effect
from services.kit.backoff import Backoff

_log = logging.getLogger(__name__)
_FIRST_WAIT_SECONDS = 0.2


def captured(opened: Client) -> Catalogs:
    """The catalogs in effect, that commands work on; a released database's are not among them."""
    return Catalogs(in_effect(opened, _declared(opened)))


def declared_once_it_answers(clickhouse_url: str) -> Catalogs:
    """The catalogs as declared and adopted, however long ClickHouse is away: capture may be started before it.

    Each pipeline looks for what is in effect by itself: what is wrong with one table is to stop one service alone.
    """
    backoff = Backoff(first=_FIRST_WAIT_SECONDS)
    while True:
        try:
            with client(clickhouse_url) as opened:
                return Catalogs(_declared(opened))
        except PASSING_ERRORS as error:
            if not is_passing(error):
                raise
            delay = backoff.next_delay()
            _log.warning("ClickHouse does not say what is captured, trying again in %.1f s: %s", delay, error)
            time.sleep(delay)


def _declared(opened: Client) -> tuple[ServiceCatalog, ...]:
    return (*all_catalogs(), *recorded_adoptions(partial(rows_of, opened)))
