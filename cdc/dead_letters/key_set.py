"""A set of keys in eight bytes each: what must be known of open letters while a stream goes on."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable

from cdc.dead_letters.limits import MOST_KEYS, LimitReachedError


class KeySet:
    """Keys of one table by their hash alone: one that was never added may seem to be there, once in 10^13 times."""

    def __init__(self, table: str, keys: Iterable[bytes] = (), most: int = MOST_KEYS) -> None:
        self._table, self._most = table, most
        # Different keys, so that no hash is there twice but by chance.
        self._hashes = array("q", sorted(array("q", map(hash, keys))))
        self._require_room(0)

    def __len__(self) -> int:
        return len(self._hashes)

    def __contains__(self, key: bytes) -> bool:
        place = self._place(key)
        return place < len(self._hashes) and self._hashes[place] == hash(key)

    def add(self, key: bytes) -> None:
        """Add a key; LimitReachedError if there is no room for another one."""
        if key not in self:
            self._require_room(1)
            self._hashes.insert(self._place(key), hash(key))

    def discard(self, key: bytes) -> None:
        """Take a key out if it is there."""
        if key in self:
            self._hashes.pop(self._place(key))

    def _place(self, key: bytes) -> int:
        return bisect_left(self._hashes, hash(key))

    def _require_room(self, more: int) -> None:
        if len(self._hashes) + more > self._most:
            raise LimitReachedError(
                f"{self._table}: more than {self._most} keys have dead letters; redrive or discard them"
                f" (`python -m cdc dead-letters list {self._table}`)"
            )
