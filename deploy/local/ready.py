"""How to tell that a part serves: one small question for each sort of part."""

from collections.abc import Callable, Collection
from pathlib import Path

import httpx
import psycopg2

from deploy.local.postgres import answers, superuser_dsn
from deploy.local.postgres_cluster import Cluster
from deploy.local.roles_postgres import superuser_session

ANSWER_SECONDS = 2.0

Ready = Callable[[], bool]


def http_answers(url: str) -> Ready:
    """GET `url` answers with success."""

    def ready() -> bool:
        try:
            return httpx.get(url, timeout=ANSWER_SECONDS, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    return ready


def postgres_answers(directory: Path, port: int) -> Ready:
    """The server over the cluster in `directory` accepts its superuser."""
    return lambda: answers(superuser_dsn(Cluster(directory), port))


def slots_are_read(directory: Path, port: int, databases: Collection[str]) -> Ready:
    """Each of `databases` has a replication slot that somebody reads: capture streams, it doesn't merely live."""
    query = "SELECT count(DISTINCT database) FROM pg_replication_slots WHERE active AND database = ANY(%s)"

    def ready() -> bool:
        try:
            with superuser_session(superuser_dsn(Cluster(directory), port)) as session:
                session.execute(query, [list(databases)])
                return session.fetchall() == [(len(databases),)]
        except psycopg2.OperationalError:
            return False

    return ready
