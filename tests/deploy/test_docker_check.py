"""What the check of the containers does before it needs a Docker engine."""

import json
from pathlib import Path

import pytest
import typer

from deploy.docker import check
from deploy.docker.compose import DockerError, Project
from deploy.docker.probes import LISTS, CheckError, Probes
from deploy.docker.suites import FOLDERS
from deploy.local.ports import free_port
from deploy.local.signing_key import kept_signing_key
from services.registry import SERVICES


def test_its_variables_are_all_that_compose_needs_and_its_ports_are_published(tmp_path: Path) -> None:
    ports = {service.name: free_port() for service in SERVICES}
    project = Project("huleedu-check", check.variables_file(tmp_path, tmp_path / "public.pem", ports))
    described = json.loads(project.compose("config", "--format", "json"))["services"]
    published = {name: [int(port["published"]) for port in described[name]["ports"]] for name in ports}
    assert published == {name: [port] for name, port in ports.items()}


def test_what_compose_refuses_is_an_error_with_its_words(tmp_path: Path) -> None:
    variables = tmp_path / "variables"
    variables.touch()
    with pytest.raises(DockerError, match="required variable HULEEDU_POSTGRES_PASSWORD is missing"):
        Project("huleedu-check", variables).compose("config")


def test_what_is_not_as_it_should_be_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def compose(_project: Project, *_arguments: str) -> str:
        raise CheckError("file: /healthz says 503, not 200")

    monkeypatch.setattr(Project, "compose", compose)
    with pytest.raises(typer.Exit) as left:
        check.main()
    assert left.value.exit_code == 1
    assert capsys.readouterr().err == "file: /healthz says 503, not 200\n"


def test_all_tests_of_services_on_postgresql_are_run_on_the_container_as_well() -> None:
    root = Path(__file__).parents[2]
    folders = (folder.relative_to(root).as_posix() for folder in root.glob("services/*/tests/integration"))
    assert sorted(FOLDERS) == sorted(folders)


def test_every_service_is_asked() -> None:
    assert LISTS.keys() == {service.name for service in SERVICES}


def test_a_service_that_does_not_get_well_in_time_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.docker.probes.PATIENCE", 0.0)
    probes = Probes({"file": free_port()}, kept_signing_key(tmp_path).private, "issuer", "audience")
    with pytest.raises(CheckError, match="file: /healthz says ConnectError"):
        probes.wait_for_health("file", 200)
