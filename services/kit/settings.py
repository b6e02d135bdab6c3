"""Settings: the process environment first, then the file that a local stack writes about itself."""

import os
from pathlib import Path
from typing import Self

from pydantic import PostgresDsn, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

ENV_FILE_VARIABLE = "HULEEDU_ENV_FILE"
# Where a local stack keeps what it knows of itself.
STATE_VARIABLE = "HULEEDU_STATE_DIR"
DEFAULT_STATE = Path(".huleedu")


def env_file() -> Path:
    """The file that completes the environment: `$HULEEDU_ENV_FILE`, else the running local stack's own."""
    state = Path(os.environ.get(STATE_VARIABLE, DEFAULT_STATE))
    return Path(os.environ.get(ENV_FILE_VARIABLE, state / "stack.env"))


class SettingsError(ValueError):
    """Settings are missing or wrong; the message names their variables."""


class Settings(BaseSettings):
    """Base of every settings class; a subclass sets its `env_prefix`. The environment wins over the file."""

    model_config = SettingsConfigDict(
        extra="ignore",
        frozen=True,
        env_file_encoding="utf-8",
        # What was wrong may be a password.
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the env file anew at each construction: its path may be set after this module was imported."""
        del dotenv_settings
        return (
            init_settings,
            env_settings,
            DotEnvSettingsSource(settings_cls, env_file=env_file(), env_prefix=_prefix_of(env_settings)),
            file_secret_settings,
        )

    @classmethod
    def load(cls, env_prefix: str | None = None) -> Self:
        """The settings as the environment gives them; SettingsError names each variable that is missing or wrong."""
        prefix = cls.model_config.get("env_prefix", "") if env_prefix is None else env_prefix
        try:
            return cls(_env_prefix=prefix)
        except ValidationError as error:
            wrong = (f"{prefix}{_field(entry['loc'])}: {entry['msg']}" for entry in error.errors())
            raise SettingsError(f"{'; '.join(wrong)} ({_where()})") from error


def _prefix_of(source: PydanticBaseSettingsSource) -> str | None:
    """The prefix that this construction uses, which `load` may have chosen."""
    return source.env_prefix if isinstance(source, EnvSettingsSource) else None


class DatabaseAddress(Settings):
    """One database; made with the prefix of whoever connects, since each connects as a role of its own."""

    database_url: PostgresDsn


def _where() -> str:
    file = env_file()
    if file.exists():
        return f"in the environment, or in {file}"
    return f"set it in the environment; {file}, which `make stack-up` writes, does not exist"


def _field(location: tuple[int | str, ...]) -> str:
    return "_".join(str(part) for part in location).upper()
