"""stack.env: who may read it, what stays and what follows the environment."""

import os
from pathlib import Path

import pytest

from deploy.local.service_needs import ServiceNeeds, needs_of
from deploy.local.source import Source
from deploy.local.stack_environment import read_environment, write_environment
from deploy.local.state import StateDirectory
from services.kit.settings import SettingsError
from services.registry import SERVICES, Service


@pytest.fixture(name="state")
def state_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateDirectory:
    """A place of its own; what the shell says of ports is for the platform that is used from there."""
    for name in [name for name in os.environ if name.endswith("_PORT")]:
        monkeypatch.delenv(name)
    return StateDirectory(tmp_path)


def test_only_its_owner_reads_it(state: StateDirectory) -> None:
    write_environment(state)
    assert state.environment.stat().st_mode & 0o777 == 0o600


def test_written_values_are_read_back(state: StateDirectory) -> None:
    assert read_environment(state.environment) == {}
    written = write_environment(state)
    assert read_environment(state.environment) == written


def test_passwords_stay_when_ports_move(state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    before = write_environment(state)
    monkeypatch.setenv("HULEEDU_POSTGRES_PORT", "16000")
    monkeypatch.setenv("FILE_SERVICE_PORT", "16001")
    after = write_environment(state)
    assert after["HULEEDU_FILE_APP_PASSWORD"] == before["HULEEDU_FILE_APP_PASSWORD"]
    assert after["CDC_FILE_DATABASE_URL"].endswith("@127.0.0.1:16000/huleedu_file")
    assert after["FILE_SERVICE_PORT"] == "16001"


def test_every_role_and_server_has_a_password_of_its_own(state: StateDirectory) -> None:
    values = write_environment(state)
    passwords = [value for name, value in values.items() if name.endswith("_PASSWORD")]
    assert len(set(passwords)) == len(passwords) == 3 * len(SERVICES) + 2


def test_every_service_is_told_its_database_and_address(state: StateDirectory) -> None:
    values = write_environment(state)
    for service in SERVICES:
        assert values[f"{service.env_prefix}DATABASE_URL"].endswith(f":15432/{service.database}")
        assert values[f"{service.env_prefix}HOST"] == "127.0.0.1"
        assert values[f"{service.env_prefix}PORT"] == str(service.port)


def test_capture_is_told_where_to_serve_its_metrics(state: StateDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    values = write_environment(state)
    assert (values["CDC_METRICS_HOST"], values["CDC_METRICS_PORT"]) == ("127.0.0.1", "9464")
    monkeypatch.setenv("CDC_METRICS_PORT", "16002")
    assert write_environment(state)["CDC_METRICS_PORT"] == "16002"


def test_a_service_is_told_no_more_than_it_needs(state: StateDirectory) -> None:
    values = write_environment(state)
    assert values["FILE_SERVICE_OBJECT_STORE_URL"] == (state.objects / "file").as_uri()
    assert [name for name in values if name.endswith("_OBJECT_STORE_URL")] == ["FILE_SERVICE_OBJECT_STORE_URL"]


def test_needs_are_told_under_the_services_prefix_with_the_places_of_the_stack() -> None:
    service = Service(name="ranking", port=9000, env_prefix="RANKING_")
    needs = ServiceNeeds({"CONTENT_URL": "{content}", "COUNTERS_URL": "{valkey}"})
    places = {"content": "http://127.0.0.1:1", "valkey": "valkey://127.0.0.1:2/0"}
    assert needs.told(service, places) == {
        "RANKING_CONTENT_URL": "http://127.0.0.1:1",
        "RANKING_COUNTERS_URL": "valkey://127.0.0.1:2/0",
    }


def test_services_are_told_of_topics_where_there_is_kafka_and_start_after_it(
    state: StateDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HULEEDU_KAFKA_PORT", "16002")
    told = {name: value for name, value in write_environment(state, Source.KAFKA).items() if "KAFKA_BOOT" in name}
    readers = ("CDC", "SPELL_CHECKER_SERVICE", "CJ_ASSESSMENT_SERVICE")
    assert told == {f"{each}_KAFKA_BOOTSTRAP": "127.0.0.1:16002" for each in readers}
    waiting = {service.name for service in SERVICES if "kafka" in needs_of(service, Source.KAFKA).after}
    assert waiting == {"spell_checker", "cj_assessment"}
    assert not [service for service in SERVICES if "kafka" in needs_of(service, Source.SLOT).after]


@pytest.mark.parametrize("text", ["", "http", "0", "70000", "-1"])
def test_a_variable_that_holds_no_port_is_named(
    state: StateDirectory, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("HULEEDU_CLICKHOUSE_PORT", text)
    with pytest.raises(SettingsError, match=f"HULEEDU_CLICKHOUSE_PORT='{text}' is not a port"):
        write_environment(state)
