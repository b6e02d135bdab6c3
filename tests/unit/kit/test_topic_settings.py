"""Which brokers a service is told of: some, or none."""

import pytest

from services.kit.settings import SettingsError
from services.kit.topics.settings import TopicSettings


def _told(monkeypatch: pytest.MonkeyPatch, text: str) -> str | None:
    monkeypatch.setenv("A_DATABASE_URL", "postgresql+asyncpg://a@127.0.0.1/a")
    monkeypatch.setenv("A_PORT", "8000")
    monkeypatch.setenv("A_KAFKA_BOOTSTRAP", text)
    return TopicSettings.load("A_").kafka_bootstrap


@pytest.mark.parametrize("text", ["127.0.0.1:9092", "a:1,b:2"])
def test_brokers_are_named_by_host_and_port(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert _told(monkeypatch, text) == text


def test_an_empty_variable_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _told(monkeypatch, "") is None


@pytest.mark.parametrize("text", ["kafka", "kafka:9092,", " "])
def test_what_names_no_broker_is_refused_by_its_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(SettingsError, match="A_KAFKA_BOOTSTRAP"):
        _told(monkeypatch, text)
