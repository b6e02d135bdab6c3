"""Which variables have the passwords of a service's roles, on one machine as in containers."""

from collections.abc import Mapping

from deploy.roles import RolePasswords
from services.registry import Service


def password_variables(service: Service) -> tuple[str, str, str]:
    """The variables of the migrator's, the service's own and capture's password."""
    prefix = f"HULEEDU_{service.name.upper()}"
    return f"{prefix}_MIGRATOR_PASSWORD", f"{prefix}_APP_PASSWORD", f"{prefix}_CDC_PASSWORD"


def role_passwords(service: Service, values: Mapping[str, str]) -> RolePasswords:
    """The passwords of the service's roles among `values`; KeyError names a variable that is missing."""
    migrator, app, cdc = (values[name] for name in password_variables(service))
    return RolePasswords(migrator=migrator, app=app, cdc=cdc)
