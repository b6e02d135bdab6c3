"""The SQL that gives a service its database and its three roles; safe to run again."""

from dataclasses import dataclass

from services.registry import Service


@dataclass(frozen=True)
class RolePasswords:
    """The passwords of one service's roles."""

    migrator: str
    app: str
    cdc: str


def role_statements(service: Service, passwords: RolePasswords) -> list[str]:
    """Creates the three roles, or gives them these passwords; for any database of the server, as superuser."""
    return [
        *_role(service.migrator_role, passwords.migrator, "LOGIN NOREPLICATION"),
        *_role(service.app_role, passwords.app, "LOGIN NOREPLICATION"),
        *_role(service.cdc_role, passwords.cdc, "LOGIN REPLICATION"),
    ]


def _role(name: str, password: str, attributes: str) -> list[str]:
    create = (
        f"DO $$ BEGIN CREATE ROLE {quoted(name)}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )
    restrict = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
    return [create, f"ALTER ROLE {quoted(name)} WITH {attributes} {restrict} PASSWORD {literal(password)}"]


def database_query(service: Service) -> str:
    """Selects the statement that creates the database, no row if it is there: CREATE DATABASE lacks IF NOT EXISTS."""
    create = f"CREATE DATABASE {quoted(service.database)} OWNER {quoted(service.migrator_role)}"
    absent = f"NOT EXISTS (SELECT FROM pg_database WHERE datname = {literal(service.database)})"
    return f"SELECT {literal(create)} WHERE {absent}"


def access_statements(service: Service, database: str) -> list[str]:
    """Lets the service's three roles into `database`, and nobody else; as superuser."""
    roles = ", ".join(quoted(role) for role in (service.migrator_role, service.app_role, service.cdc_role))
    name = quoted(database)
    return [
        f"ALTER DATABASE {name} OWNER TO {quoted(service.migrator_role)}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO {roles}",
    ]


def schema_statements(service: Service) -> list[str]:
    """Inside the service's database: the migrator owns `public`, the app reads and writes rows of its tables."""
    migrator, app = quoted(service.migrator_role), quoted(service.app_role)
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {migrator} IN SCHEMA public"
    return [
        f"ALTER SCHEMA public OWNER TO {migrator}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {app}, {quoted(service.cdc_role)}",
        f"{defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
        f"{defaults} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
    ]


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
