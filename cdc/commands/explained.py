"""Failures that every command of capture explains in a line; each adds what is its own."""

from contextlib import AbstractContextManager

from cdc.catalog.model import CatalogError
from cdc.failures import EXPECTED
from services.kit.command_line import explained


def failures_explained(*own: type[Exception], usage: tuple[type[Exception], ...] = ()) -> AbstractContextManager[None]:
    """Turn what is expected to go wrong, and a command's own failures, into one line and an exit code."""
    return explained(*EXPECTED, *own, usage=(CatalogError, *usage))
