"""The local Valkey: who is let in, what it keeps, and how it ends."""

import importlib.util
import shutil
from pathlib import Path

import psutil
import pytest
from valkey import Valkey as Client

from deploy.local.postgres_binaries import MissingBinariesError
from deploy.local.starting import StartError
from deploy.local.valkey import Valkey, answers, find_binary, running_valkey


@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_finds_no_key_of_another(valkey: Valkey, turn: int) -> None:
    with Client.from_url(valkey.url) as client:
        assert client.dbsize() == 0, f"turn {turn}"
        client.set("counted", turn)


def test_only_the_password_lets_in(valkey_server: Valkey) -> None:
    assert answers(valkey_server.url)
    assert not answers(Valkey(valkey_server.host, valkey_server.port, "guessed").url)


def test_the_password_is_neither_on_the_command_line_nor_readable_by_others(tmp_path: Path) -> None:
    password = 'a "quoted\\ p@ss/word'
    with running_valkey(tmp_path, password=password) as server:
        assert answers(server.url)
        assert password not in " ".join(psutil.Process(server.pid).cmdline())
        assert (tmp_path / "valkey.conf").stat().st_mode & 0o777 == 0o600


def test_it_listens_on_the_loopback_alone(valkey_server: Valkey) -> None:
    listening = psutil.Process(valkey_server.pid).net_connections(kind="tcp")
    assert {each.laddr[:2] for each in listening if each.status == psutil.CONN_LISTEN} == {
        ("127.0.0.1", valkey_server.port)
    }


def test_nothing_outlives_a_restart_and_no_process_is_left(tmp_path: Path) -> None:
    with running_valkey(tmp_path, password="first") as server, Client.from_url(server.url) as client:
        client.set("counted", 1)
    assert not psutil.pid_exists(server.pid)
    with running_valkey(tmp_path, password="second") as again, Client.from_url(again.url) as client:
        assert client.dbsize() == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["server.log", "valkey.conf"]


def test_a_taken_port_shows_what_the_server_said(tmp_path: Path, valkey_server: Valkey) -> None:
    taken = running_valkey(tmp_path, password="other", port=valkey_server.port)
    with pytest.raises(StartError, match="Address already in use"), taken:
        pass


def test_without_the_wheel_path_is_looked_at_and_then_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(shutil, "which", lambda _name: str(tmp_path / "valkey-server"))
    assert find_binary() == tmp_path / "valkey-server"
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(MissingBinariesError, match=r"no Valkey found: .*`make setup`"):
        find_binary()
