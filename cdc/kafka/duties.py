"""Duties: what one member of a group does for all of it: the heartbeat, the copies, and the watch over the slot."""

import threading

from cdc.catalog.postgres_ddl import debezium_slot_name
from cdc.copies.copier import Copier, Places
from cdc.source.heartbeat import keep_beating
from cdc.source.slot_setup import require_kept
from cdc.watch import Watch


class ServiceDuties:
    """The duties of one service, which go to whoever owns its transaction topic."""

    def __init__(self, places: Places, service: str, heartbeat_seconds: float, watch_seconds: float) -> None:
        self._places, self._service = places, service
        self._heartbeat_seconds, self._watch_seconds = heartbeat_seconds, watch_seconds
        self._on_duty: _OnDuty | None = None
        self._guard = threading.Lock()

    def begin(self) -> None:
        """This member has the duties from now on."""
        with self._guard:
            self._on_duty = _OnDuty(self._places, self._service, self._heartbeat_seconds, self._watch_seconds)

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
            on_duty.watch.check()


class _OnDuty:
    """What goes on while a member is on duty."""

    def __init__(self, places: Places, service: str, heartbeat_seconds: float, watch_seconds: float) -> None:
        self._ended = threading.Event()
        self._heartbeat = keep_beating(places.database_url, heartbeat_seconds, self._ended)
        slot = debezium_slot_name(service)
        # What it lost cannot come through Kafka, and no consumer would see that.
        self.watch = Watch(f"slot {slot}", watch_seconds, lambda _: require_kept(places.database_url, slot))
        self.watch.start()
        self._copier = Copier(places, service)
        self._copier.start()

    def end(self) -> None:
        self._ended.set()
        self._copier.stop()
        self.watch.stop()
        self._heartbeat.join()
