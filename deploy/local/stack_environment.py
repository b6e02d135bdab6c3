"""stack.env: every variable that the project's command lines need to reach the local stack, each in its own role."""

import secrets
from pathlib import Path

from dotenv import dotenv_values

from deploy.local.clickhouse.command import PASSWORD_VARIABLE as CLICKHOUSE_PASSWORD
from deploy.local.kafka.stack_parts import bootstrap, kafka_variables
from deploy.local.ports import LOOPBACK
from deploy.local.ports_chosen import kafka_ports, service_port, stack_ports
from deploy.local.service_needs import needs_of
from deploy.local.signing_key import SigningKey, kept_signing_key
from deploy.local.source import VARIABLE as SOURCE
from deploy.local.source import Source, remembered_source
from deploy.local.state import StateDirectory
from deploy.local.valkey import PASSWORD_VARIABLE as VALKEY_PASSWORD
from deploy.local.valkey import Valkey
from deploy.private_file import write_private
from deploy.role_passwords import password_variables, role_passwords
from deploy.roles import RolePasswords
from services.registry import SERVICES, Service

CLICKHOUSE_CLIENTS = ("MIGRATIONS", "CDC")
HEADER = "# Written by `python -m deploy.local up`: passwords are made once and kept, all else is written anew.\n"


def write_environment(state: StateDirectory, source: Source | None = None) -> dict[str, str]:
    """Write stack.env for the ports of now and `source`, by default the one it had; only its owner may read it.

    SettingsError if a port makes no sense.
    """
    known = read_environment(state.environment)
    source = source or remembered_source(known)
    values = _secrets(known)
    places = _places(values, kept_signing_key(state.keys), source)
    for service in SERVICES:
        values |= _database_variables(service, role_passwords(service, values))
        values |= _service_variables(service, source, places | {"objects": (state.objects / service.name).as_uri()})
    values |= _clickhouse_variables(values[CLICKHOUSE_PASSWORD])
    values |= _capture_variables(state)
    values |= _source_variables(source)
    write_private(state.environment, HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
    return values


def read_environment(file: Path) -> dict[str, str]:
    """The variables of a stack.env; none before it is first written."""
    return {name: value or "" for name, value in dotenv_values(file).items()}


def _secrets(known: dict[str, str]) -> dict[str, str]:
    roles = (name for service in SERVICES for name in password_variables(service))
    return {
        name: known.get(name) or secrets.token_urlsafe(24) for name in (CLICKHOUSE_PASSWORD, VALKEY_PASSWORD, *roles)
    }


def _places(values: dict[str, str], signing: SigningKey, source: Source) -> dict[str, str]:
    """Where the things are that services ask for."""
    return {
        "valkey": Valkey(LOOPBACK, stack_ports().valkey.number, values[VALKEY_PASSWORD]).url,
        "private_key": str(signing.private),
        "public_key": str(signing.public),
        **{service.name: service_port(service).address for service in SERVICES},
        **({"kafka": bootstrap(kafka_ports())} if source is Source.KAFKA else {}),
    }


def _service_variables(service: Service, source: Source, places: dict[str, str]) -> dict[str, str]:
    prefix = service.env_prefix
    return {
        f"{prefix}HOST": LOOPBACK,
        f"{prefix}PORT": str(service_port(service).number),
        **needs_of(service, source).told(service, places),
    }


def _database_variables(service: Service, passwords: RolePasswords) -> dict[str, str]:
    """The service's database, for each of its three roles."""
    place = f"{LOOPBACK}:{stack_ports().postgres.number}/{service.database}"
    app, migrator = f"{service.app_role}:{passwords.app}", f"{service.migrator_role}:{passwords.migrator}"
    return {
        f"{service.env_prefix}DATABASE_URL": f"postgresql+asyncpg://{app}@{place}",
        f"MIGRATIONS_{service.name.upper()}_DATABASE_URL": f"postgresql+asyncpg://{migrator}@{place}",
        f"CDC_{service.name.upper()}_DATABASE_URL": f"postgresql://{service.cdc_role}:{passwords.cdc}@{place}",
    }


def _source_variables(source: Source) -> dict[str, str]:
    return {SOURCE: source} | (kafka_variables() if source is Source.KAFKA else {})


def _capture_variables(state: StateDirectory) -> dict[str, str]:
    metrics = stack_ports().metrics
    return {
        "CDC_WAL_DIRECTORY": str(state.postgres),
        "CDC_METRICS_HOST": LOOPBACK,
        metrics.variable: str(metrics.number),
    }


def _clickhouse_variables(password: str) -> dict[str, str]:
    address = f"http://default:{password}@{LOOPBACK}:{stack_ports().clickhouse.number}"
    owners = {f"{client}_CLICKHOUSE_URL": address for client in CLICKHOUSE_CLIENTS}
    # The embedded engine has no users: what keeps an analyst from writing is a setting in the address.
    return owners | {"ANALYTICS_CLICKHOUSE_URL": f"{address}/?readonly=1"}
