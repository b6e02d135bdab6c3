"""Logs are JSON lines, whoever writes them, with the correlation id of the action they belong to."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from services.kit.correlation import begin_action
from services.kit.logging import configure_logging


@pytest.fixture(name="stream")
def _stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    # pytest's own handlers are set aside, or configuring would close them.
    root.handlers = []
    stream = io.StringIO()
    configure_logging("sample", "info", stream)
    yield stream
    root.handlers, root.level = before, level
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_lines_of_the_service_and_of_libraries_have_the_same_shape(stream: io.StringIO) -> None:
    action = begin_action()
    structlog.get_logger("mine").info("stored", file_id=action)
    logging.getLogger("library").warning("retry %s", 3, extra={"host": "db"})
    mine, library = _lines(stream)
    assert (mine["event"], mine["file_id"], mine["level"], mine["logger"]) == ("stored", str(action), "info", "mine")
    assert (library["event"], library["host"], library["level"]) == ("retry 3", "db", "warning")
    for line in (mine, library):
        assert (line["service"], line["correlation_id"]) == ("sample", str(action))
        assert line["timestamp"].endswith("Z")


def test_an_exception_stays_on_its_line(stream: io.StringIO) -> None:
    error = ValueError("two\nlines")
    structlog.get_logger().error("failed", exc_info=error)
    logging.getLogger("library").error("failed too", exc_info=error)
    lines = _lines(stream)
    assert [line["exception"][0]["exc_type"] for line in lines] == ["ValueError", "ValueError"]


def test_what_is_below_the_level_is_left_out(stream: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("library").debug("detail")
    assert _lines(stream) == []
