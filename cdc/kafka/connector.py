"""The connector of a service, as far as a sink minds it: it ends before its slot is dropped, and follows the epoch."""

import logging

from cdc.connect.apply import Patience, apply
from cdc.connect.configuration import connector_name
from cdc.connect.difference import EPOCH, ConnectorPlan
from cdc.connect.rest import connect_client

_log = logging.getLogger(__name__)


def stop_connector(connect_url: str, service: str) -> None:
    """End the connector's task, so that nobody reads its slot; ConnectError if that cannot be."""
    with connect_client(connect_url) as client:
        if client.configuration(connector_name(service)) is not None:
            client.stop(connector_name(service))


def follow_epoch(connect_url: str, service: str, epoch: int) -> None:
    """Have the connector, if there is one, write in an epoch; from an earlier one it begins anew where its slot begins.

    ConnectError if it does not come to run.
    """
    with connect_client(connect_url) as client:
        name = connector_name(service)
        current, state = client.configuration(name), client.state(name)
        if current is None:
            return
        if current.get(EPOCH) != str(epoch):
            _log.warning("%s: the connector begins anew in epoch %d", service, epoch)
        elif state is None or state.connector != "STOPPED":
            return
        # A stopped one may have been stopped here, and not have come to go on.
        apply(client, ConnectorPlan(name, {**current, EPOCH: str(epoch)}, current), Patience())
