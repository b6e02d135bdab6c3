from pathlib import Path

import pytest

from services.kit.settings import SettingsError
from services.spell_checker_service.config import SpellCheckerServiceSettings

PREFIX = "SPELL_CHECKER_SERVICE_"


@pytest.fixture(name="environment")
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """All that is required, and nothing else."""
    monkeypatch.setenv("HULEEDU_ENV_FILE", str(tmp_path / "no such file"))
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", "postgresql+asyncpg://app@localhost/huleedu_spell_checker")
    monkeypatch.setenv(f"{PREFIX}CONTENT_SERVICE_URL", "http://localhost:8001")
    return monkeypatch


def test_a_text_may_take_three_requests_its_turn_at_a_worker_and_its_check(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(f"{PREFIX}CONTENT_SERVICE_TIMEOUT", "2")
    environment.setenv(f"{PREFIX}CHECKING_TIMEOUT", "10")
    environment.setenv(f"{PREFIX}DATABASE_POOL_SIZE", "11")
    settings = SpellCheckerServiceSettings.load()
    assert (settings.checks_at_once, settings.checking_workers) == (5, 2)
    assert settings.longest_work == 36.0


@pytest.mark.parametrize("name", ["DATABASE_URL", "CONTENT_SERVICE_URL"])
def test_a_variable_that_is_missing_is_named(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(f"{PREFIX}{name}")
    with pytest.raises(SettingsError, match=f"{PREFIX}{name}: Field required"):
        SpellCheckerServiceSettings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONTENT_SERVICE_URL", "somewhere"),
        ("CONTENT_SERVICE_URL", "ftp://somewhere"),
        ("WHITELIST_FILE", "/no/such/file"),
        ("MAX_TEXT_BYTES", "2147483648"),
        ("CHECKING_WORKERS", "0"),
        ("DATABASE_POOL_SIZE", "1"),
        ("PENDING_GRACE", "PT0S"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(SettingsError, match=f"{PREFIX}{name}: "):
        SpellCheckerServiceSettings.load()
