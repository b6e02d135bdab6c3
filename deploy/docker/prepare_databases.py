"""`python -m deploy.docker.prepare_databases`: gives every service its roles and database; harmless to repeat."""

import os

import psycopg2
import typer
from psycopg2.extensions import make_dsn

from deploy.role_passwords import password_variables, role_passwords
from deploy.roles_postgres import bootstrap_service
from services.kit.command_line import explained
from services.kit.settings import SettingsError
from services.registry import SERVICES


def main() -> None:
    """Connect as PGUSER to PGHOST (and PGPORT, PGPASSWORD), and set the roles' passwords from HULEEDU_…_PASSWORD."""
    with explained(psycopg2.OperationalError):
        _require_passwords()
        for service in SERVICES:
            passwords = role_passwords(service, os.environ)
            bootstrap_service(service, passwords, make_dsn(dbname="postgres"), make_dsn(dbname=service.database))
            typer.echo(f"{service.database}: ready for {service.migrator_role}, {service.app_role}, {service.cdc_role}")


def _require_passwords() -> None:
    needed = [name for service in SERVICES for name in password_variables(service)]
    missing = [name for name in needed if not os.environ.get(name)]
    if missing:
        raise SettingsError(f"set {', '.join(missing)} in the environment")


if __name__ == "__main__":
    typer.run(main)
