"""What PostgreSQL's account can reach when root starts it, and where things go that it can't."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import accounts
from deploy.local.accounts import (
    Account,
    UnreachableError,
    can_enter,
    own_directory,
    reachable_copy,
    server_account,
    shared_base,
)
from deploy.local.bootstrap import delete_data, prepare_postgres, settle_cluster
from deploy.local.state import StateDirectory
from tests.support.directories import server_directory
from tests.support.parts import require_part

STRANGER = Account(65534, 65534)


@pytest.fixture(name="root")
def root_fixture() -> None:
    require_part("PostgreSQL under an account of its own", os.geteuid() == 0, "only root gives up its rights to run it")


@pytest.fixture(name="open_place")
def open_place_fixture() -> Iterator[Path]:
    with server_directory() as place:
        place.chmod(0o755)
        yield place


@pytest.fixture(name="closed_home")
def closed_home_fixture(open_place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A 0700 home, and a shared base that is not this machine's."""
    monkeypatch.setattr(accounts, "SHARED_BASES", (open_place / "shared",))
    home = open_place / "home"
    home.mkdir(mode=0o700)
    return home


def test_the_current_user_will_do_unless_it_is_root() -> None:
    assert (server_account() is None) == (os.geteuid() != 0)


def test_one_closed_directory_above_is_enough_to_keep_others_out(closed_home: Path) -> None:
    assert can_enter(closed_home.parent, STRANGER)
    assert not can_enter(closed_home / "checkout" / ".huleedu", STRANGER)
    assert can_enter(closed_home / "checkout", None)


def test_an_unreachable_directory_is_refused_by_name(closed_home: Path) -> None:
    with pytest.raises(UnreachableError, match=f"{closed_home}/postgres is not reachable by uid 65534"):
        own_directory(closed_home / "postgres", STRANGER)


def test_no_usable_shared_base_is_an_error_that_names_those_tried(closed_home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "SHARED_BASES", (closed_home / "shared",))
        with pytest.raises(UnreachableError, match=f"tried {closed_home}/shared"):
            shared_base(STRANGER)


def test_a_copy_is_made_once_and_only_of_what_is_out_of_reach(closed_home: Path) -> None:
    source = closed_home / "bin"
    source.mkdir(mode=0o700)
    (source / "postgres").write_text("first", encoding="utf-8")
    (source / "postgres").chmod(0o700)
    assert reachable_copy([source], "copy", None) == closed_home
    copied = reachable_copy([source], "copy", STRANGER) / "bin"
    (source / "postgres").write_text("second", encoding="utf-8")
    assert reachable_copy([source], "copy", STRANGER) == copied.parent
    assert (copied / "postgres").read_text(encoding="utf-8") == "first"
    assert can_enter(copied, STRANGER)
    assert stat.S_IMODE((copied / "postgres").stat().st_mode) == 0o705


@pytest.mark.usefixtures("root")
def test_a_cluster_below_a_closed_home_lives_behind_a_link_and_is_found_again(closed_home: Path) -> None:
    state = StateDirectory(closed_home)
    prepare_postgres(state)
    cluster = settle_cluster(state)
    assert state.postgres.is_symlink()
    assert cluster.directory == state.postgres.resolve()
    assert (cluster.data / "PG_VERSION").exists()
    assert stat.S_IMODE(cluster.directory.stat().st_mode) == 0o700
    delete_data(state)
    assert not cluster.directory.exists()
    assert not state.postgres.is_symlink()


@pytest.mark.usefixtures("root")
def test_data_that_became_unreachable_are_not_replaced_by_empty_ones(closed_home: Path) -> None:
    state = StateDirectory(closed_home)
    (state.postgres / "data").mkdir(parents=True)
    with pytest.raises(UnreachableError, match="can't be reached by uid 65534"):
        settle_cluster(state)
