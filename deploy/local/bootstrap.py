"""The steps of a stack's start that prepare PostgreSQL: its data directory, then each service's roles and database."""

import shutil
import tempfile
from pathlib import Path

from deploy.local.accounts import Account, UnreachableError, can_enter, server_account, shared_base
from deploy.local.postgres import superuser_dsn
from deploy.local.postgres_binaries import find_binaries
from deploy.local.postgres_cluster import Cluster, prepare_cluster
from deploy.local.stack_environment import read_environment
from deploy.local.state import StateDirectory
from deploy.role_passwords import role_passwords
from deploy.roles_postgres import bootstrap_service
from services.registry import SERVICES


def settle_cluster(state: StateDirectory) -> Cluster:
    """Where the stack's cluster is: in the state directory, or behind a link there if its account can't reach it."""
    account = server_account()
    if not state.postgres.exists() and not can_enter(state.root, account):
        _link_to_reachable_place(state.postgres, account)
    place = state.postgres.resolve()
    if not can_enter(place.parent, account):
        raise UnreachableError(
            f"PostgreSQL's data in {place} can't be reached by uid {account and account.uid}, as whom root runs it: "
            f"let others enter the directories above it (chmod o+x), or run as the owner of the data"
        )
    return Cluster(place)


def _link_to_reachable_place(link: Path, account: Account | None) -> None:
    link.unlink(missing_ok=True)
    link.symlink_to(tempfile.mkdtemp(prefix="postgres-", dir=shared_base(account)))


def prepare_postgres(state: StateDirectory) -> None:
    """Create the cluster if it isn't there; ClusterError, UnreachableError or MissingBinariesError if it can't be."""
    account = server_account()
    prepare_cluster(settle_cluster(state), find_binaries(account), account, durable=True)


def bootstrap_services(state: StateDirectory, port: int) -> None:
    """Give every service its roles and database, in the server that listens on `port`."""
    cluster = settle_cluster(state)
    values = read_environment(state.environment)
    for service in SERVICES:
        bootstrap_service(
            service,
            role_passwords(service, values),
            superuser_dsn(cluster, port),
            superuser_dsn(cluster, port, service.database),
        )


def delete_data(state: StateDirectory) -> None:
    """Delete everything a stopped stack stored: rows, topics, stored bytes, passwords and logs."""
    directories = (
        state.clickhouse,
        state.valkey,
        state.kafka,
        state.connect,
        state.objects,
        state.keys,
        state.logs,
    )
    for place in (state.postgres.resolve(), *directories):
        shutil.rmtree(place, ignore_errors=True)
    for file in (state.postgres, state.record, state.environment):
        file.unlink(missing_ok=True)
