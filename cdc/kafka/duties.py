"""Duties: what one member of a group does for all: heartbeat, copies, the watch over the slot, tending connectors."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cdc.catalog.postgres_ddl import debezium_slot_name
from cdc.copies.copier import Copier, Places
from cdc.source.heartbeat import keep_beating
from cdc.source.slot_setup import require_kept
from cdc.watch import Watch


@dataclass(frozen=True)
class DutyPace:
    """How often the heartbeat beats, and how often slot and connectors are looked at."""

    heartbeat_seconds: float
    watch_seconds: float


class ServiceDuties:
    """The duties of one service, which go to whoever owns its transaction topic.

    tend: looks after the service's connectors, None where somebody else does.
    """

    def __init__(self, places: Places, service: str, pace: DutyPace, tend: Callable[[], None] | None) -> None:
        self._places, self._service, self._pace, self._tend = places, service, pace, tend
        self._on_duty: _OnDuty | None = None
        self._guard = threading.Lock()

    def begin(self) -> None:
        """This member has the duties from now on."""
        with self._guard:
            self._on_duty = _OnDuty(self._places, self._service, self._pace, self._tend)

    def end(self) -> None:
        """Another member has them, or nobody; what is copied just now is broken off, and begun again by whoever has."""
        with self._guard:
            on_duty, self._on_duty = self._on_duty, None
            if on_duty is not None:
                on_duty.end()

    def check(self) -> None:
        """Raise NotReadyError once the connector's slot is not what it was."""
        on_duty = self._on_duty
        if on_duty is not None:
            on_duty.check()


class _OnDuty:
    """What goes on while a member is on duty."""

    def __init__(self, places: Places, service: str, pace: DutyPace, tend: Callable[[], None] | None) -> None:
        self._ended = threading.Event()
        self._heartbeat = keep_beating(places.database_url, pace.heartbeat_seconds, self._ended)
        slot = debezium_slot_name(service)
        # What it lost cannot come through Kafka, and no consumer would see that.
        self._watches = [Watch(f"slot {slot}", pace.watch_seconds, lambda _: require_kept(places.database_url, slot))]
        if tend is not None:
            self._watches.append(Watch(f"connectors of {service}", pace.watch_seconds, lambda _: tend()))
        for watch in self._watches:
            watch.start()
        self._copier = Copier(places, service)
        self._copier.start()

    def check(self) -> None:
        for watch in self._watches:
            watch.check()

    def end(self) -> None:
        self._ended.set()
        self._copier.stop()
        for watch in self._watches:
            watch.stop()
        self._heartbeat.join()
