"""Which tests run beside one another when pytest has several workers (`pytest -n`, as `make test` does).

A file's tests stay together, since they share what it starts. So do all tests on what is started once for many files.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

# Session fixtures that are too dear to be had by every worker: ten processes, and a JVM or two.
SHARED_ACROSS_FILES = ("platform", "kafka_server")


class FilesAndGroups(LoadGroupScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a worker one file after the other, or a group with all its files."""

    def _split_scope(self, nodeid: str) -> str:
        """The file or the group of a test."""
        return str(super()._split_scope(nodeid)).partition("::")[0]

    def mark_test_pending(self, item: str) -> None:
        """A test cannot be sent back: whole scopes are handed out."""
        raise NotImplementedError

    def remove_pending_tests_from_node(self, node: object, indices: object) -> None:
        """Tests cannot be taken from a worker, for the same reason."""
        raise NotImplementedError


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the groups before xdist reads the marks."""
    for item in items:
        for name in SHARED_ACROSS_FILES:
            if name in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group(name))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FilesAndGroups:
    return FilesAndGroups(config, log)
