"""What the file service's tests stand on."""

import os
from pathlib import Path

import pytest


@pytest.fixture
def object_store_url(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty store: a directory, or a prefix of a real S3 server's bucket with HULEEDU_TEST_OBJECT_STORE=s3."""
    if os.environ.get("HULEEDU_TEST_OBJECT_STORE") == "s3":
        return str(request.getfixturevalue("s3_url"))
    return f"file://{tmp_path}/objects"
