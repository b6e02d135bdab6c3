"""How to tell that a part serves: one small question for each sort of part."""

from collections.abc import Callable, Collection
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg2

from deploy.local.ports import LOOPBACK
from deploy.local.postgres import answers, superuser_dsn
from deploy.local.postgres_cluster import Cluster
from deploy.roles_postgres import superuser_session

ANSWER_SECONDS = 2.0

Ready = Callable[[], bool]


def http_answers(port: int, path: str) -> Ready:
    """GET `path` on a port of the loopback answers 200."""

    def ready() -> bool:
        try:
            with closing(HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)) as connection:
                connection.request("GET", path)
                return connection.getresponse().status == HTTPStatus.OK
        except (OSError, HTTPException):
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
