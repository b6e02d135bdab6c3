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


def test_a_text_may_take_three_requests_and_its_check(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(f"{PREFIX}CONTENT_SERVICE_TIMEOUT", "2")
    environment.setenv(f"{PREFIX}CHECKING_TIMEOUT", "10")
    assert SpellCheckerServiceSettings.load().longest_work == 16.0


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
        ("PENDING_GRACE", "PT0S"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"{PREFIX}{name}", value)
    with pytest.raises(SettingsError, match=f"{PREFIX}{name}: "):
        SpellCheckerServiceSettings.load()
