"""stack.env: every variable that the project's command lines need to reach the local stack, each in its own role."""

import secrets
from pathlib import Path

from dotenv import dotenv_values

from deploy.local.clickhouse.command import PASSWORD_VARIABLE
from deploy.local.ports import LOOPBACK
from deploy.local.ports_chosen import service_port, stack_ports
from deploy.local.private_file import write_private
from deploy.local.state import StateDirectory
from deploy.role_passwords import password_variables, role_passwords
from deploy.roles import RolePasswords
from services.registry import SERVICES, Service

CLICKHOUSE_CLIENTS = ("MIGRATIONS", "CDC")
HEADER = "# Written by `python -m deploy.local up`: passwords are made once and kept, all else is written anew.\n"


def write_environment(state: StateDirectory) -> dict[str, str]:
    """Write stack.env for the ports of now, readable by its owner alone; SettingsError if a port makes no sense."""
    values = _secrets(read_environment(state.environment))
    for service in SERVICES:
        values |= _service_variables(service, role_passwords(service, values), state)
    clickhouse = f"http://default:{values[PASSWORD_VARIABLE]}@{LOOPBACK}:{stack_ports().clickhouse.number}"
    values |= {f"{client}_CLICKHOUSE_URL": clickhouse for client in CLICKHOUSE_CLIENTS}
    # The embedded engine has no users: what keeps an analyst from writing is a setting in the address.
    values["ANALYTICS_CLICKHOUSE_URL"] = f"{clickhouse}/?readonly=1"
    write_private(state.environment, HEADER + "".join(f"{name}={value}\n" for name, value in values.items()))
    return values


def read_environment(file: Path) -> dict[str, str]:
    """The variables of a stack.env; none before it is first written."""
    return {name: value or "" for name, value in dotenv_values(file).items()}


def _secrets(known: dict[str, str]) -> dict[str, str]:
    names = [PASSWORD_VARIABLE, *(name for service in SERVICES for name in password_variables(service))]
    return {name: known.get(name) or secrets.token_urlsafe(24) for name in names}


def _service_variables(service: Service, passwords: RolePasswords, state: StateDirectory) -> dict[str, str]:
    place = f"{LOOPBACK}:{stack_ports().postgres.number}/{service.database}"
    name, prefix = service.name.upper(), service.env_prefix
    objects = state.objects / service.name
    return {
        f"{prefix}DATABASE_URL": f"postgresql+asyncpg://{service.app_role}:{passwords.app}@{place}",
        f"{prefix}OBJECT_STORE_URL": objects.as_uri(),
        f"{prefix}HOST": LOOPBACK,
        f"{prefix}PORT": str(service_port(service).number),
        f"MIGRATIONS_{name}_DATABASE_URL": (
            f"postgresql+asyncpg://{service.migrator_role}:{passwords.migrator}@{place}"
        ),
        f"CDC_{name}_DATABASE_URL": f"postgresql://{service.cdc_role}:{passwords.cdc}@{place}",
    }
