"""What a test does when a part of the platform isn't there: skip, saying how to get it, but fail where CI runs."""

import os

import pytest


def require_part(name: str, present: bool, how_to_get: str) -> None:
    """Go on if the part is `present`; else fail if CI=true, and skip the test otherwise."""
    if present:
        return
    message = f"{name} is not available: {how_to_get}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)
