"""Several writers at once on the file service's tables: contended keys, open transactions, rollbacks, savepoints."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extensions import cursor

from tests.pipeline.capture import Capture, file_ids, new_file, new_version

WRITERS = 8
KEYS = file_ids(40)
LONGEST_HOLD_SECONDS = 0.04
# What writers who know nothing of each other must expect.
LOST_RACES = {errorcodes.DEADLOCK_DETECTED, errorcodes.FOREIGN_KEY_VIOLATION, errorcodes.UNIQUE_VIOLATION}
_STORAGE_KEYS = count(1)


@dataclass(frozen=True)
class Load:
    """A load that can be repeated: `transactions` of each of the writers, 0 for as many as there is time for."""

    seed: int
    transactions: int = 0
    writers: int = WRITERS

    def write_all(self, capture: Capture) -> None:
        """Return when every writer is done."""
        with self.going_on(capture):
            pass

    @contextmanager
    def going_on(self, capture: Capture) -> Iterator[None]:
        """Write meanwhile; at the end wait for the writers, or stop them if they would go on for ever."""
        ended = False
        with ThreadPoolExecutor(self.writers) as pool:
            going = [
                pool.submit(_write, capture, random.Random(self.seed * 1000 + number), self.transactions, lambda: ended)
                for number in range(self.writers)
            ]
            try:
                yield
            finally:
                ended = self.transactions == 0
                for writer in going:
                    writer.result()


def _write(capture: Capture, rng: random.Random, transactions: int, ended: Callable[[], bool]) -> None:
    address = capture.database.app_url.replace("+asyncpg", "")
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as session:
        done = 0
        while not ended() and (done < transactions or not transactions):
            done += 1
            try:
                _one_transaction(session, rng)
            except psycopg2.Error as error:
                if error.pgcode not in LOST_RACES:
                    raise
                connection.rollback()
            else:
                end = connection.commit if rng.random() < 0.85 else connection.rollback
                end()


def _one_transaction(session: cursor, rng: random.Random) -> None:
    if rng.random() < 0.7:
        actor = f'{{"user_id":"u{rng.randrange(9)}"}}'
        session.execute("SELECT pg_logical_emit_message(true, 'huleedu.actor', %s)", (actor,))
    for _ in range(rng.randint(1, 5)):
        _one_change(session, rng)
        if rng.random() < 0.3:
            time.sleep(rng.uniform(0, LONGEST_HOLD_SECONDS))


def _one_change(session: cursor, rng: random.Random) -> None:
    if rng.random() < 0.1:
        session.execute("SAVEPOINT here")
        session.execute(_statement(rng))
        session.execute("ROLLBACK TO SAVEPOINT here")
    session.execute(_statement(rng))


def _statement(rng: random.Random) -> str:
    key, other = rng.sample(KEYS, 2)
    version = rng.randint(1, 3)
    text = f"{rng.getrandbits(64):x}" * rng.choice([1, 4, 10])
    choices = {
        f"{new_file(key, text[:250])} ON CONFLICT DO NOTHING": 4,
        f"UPDATE files SET filename = left('{text}', 250), row_version = row_version + 1 WHERE file_id = '{key}'": 6,
        f"UPDATE files SET deleted_at = now(), deleted_by = 'bo' WHERE file_id = '{key}'": 1,
        f"UPDATE files SET deleted_at = NULL, deleted_by = NULL WHERE file_id = '{key}'": 1,
        f"{new_version(key, version, f's{next(_STORAGE_KEYS)}')} ON CONFLICT DO NOTHING": 4,
        f"UPDATE file_versions SET size_bytes = size_bytes + 1 WHERE file_id = '{key}'": 4,
        f"DELETE FROM file_versions WHERE file_id = '{key}'": 3,
        f"UPDATE file_versions SET version = version + 3 WHERE file_id = '{key}' AND version = {version}": 1,
        f"DELETE FROM files WHERE file_id = '{key}'": 2,
        f"UPDATE files SET file_id = '{other}' WHERE file_id = '{key}'": 1,
    }
    return rng.choices(list(choices), list(choices.values()))[0]
