"""What the README says of the service's own is what the service is; the rest is tested for all services alike."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from services.file_service.config import FileServiceSettings
from services.file_service.text_extraction.rejection import ValidationCode
from services.kit.settings import SettingsError

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.fixture(name="environment")
def _environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """With all that the service needs."""
    monkeypatch.setenv("FILE_SERVICE_DATABASE_URL", "postgresql+asyncpg://file_app@localhost/huleedu_file")
    monkeypatch.setenv("FILE_SERVICE_OBJECT_STORE_URL", "file:///objects")
    return monkeypatch


@pytest.mark.parametrize("value", ["PT1H", "PT60M", "PT3600S"])
def test_times_may_be_written_as_the_readme_says(value: str, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FILE_SERVICE_PURGE_AFTER", value)
    assert FileServiceSettings.load().purge_after == timedelta(hours=1)


def test_bytes_are_not_swept_sooner_than_the_readme_says(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FILE_SERVICE_SWEEP_GRACE", "PT9M59S")
    with pytest.raises(SettingsError, match="FILE_SERVICE_SWEEP_GRACE"):
        FileServiceSettings.load()


def test_every_validation_code_is_explained() -> None:
    explained = re.findall(r"^\| `([A-Z]+(?:_[A-Z]+)?)` \|", README, re.MULTILINE)
    assert set(explained) == {code.value for code in ValidationCode}
