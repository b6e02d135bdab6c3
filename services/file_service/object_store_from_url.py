"""Which object store a URL names: `file:///directory`, or `s3://bucket/prefix` with the standard AWS_* variables."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

from services.file_service.object_store import ObjectStore
from services.file_service.object_store_obstore_impl import DirectoryObjectStore, ObstoreObjectStore
from services.kit.settings import SettingsError

RETRIES = 2


class ObjectStoreUrlError(SettingsError):
    """No store can be opened at the URL; the message names it and says why."""


def open_object_store(url: str, timeout: float) -> ObjectStore:
    """The store at `url`, each operation bounded by `timeout` seconds; ObjectStoreUrlError says what is wrong."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return _directory(url, parts.netloc, unquote(parts.path), timeout)
    if parts.scheme == "s3" and parts.netloc:
        return _bucket(url, timeout)
    raise ObjectStoreUrlError(f"{url!r} is neither file:///directory nor s3://bucket/prefix")


def _directory(url: str, host: str, path: str, timeout: float) -> ObjectStore:
    if host or path in {"", "/"}:
        raise ObjectStoreUrlError(f"{url!r} does not name a directory; write file:///absolute/path")
    try:
        return DirectoryObjectStore(Path(path), timeout)
    except OSError as error:
        raise ObjectStoreUrlError(f"the directory of {url!r} cannot be made: {error.strerror or error}") from error


def _bucket(url: str, timeout: float) -> ObjectStore:
    """Endpoint and credentials come from AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID and so on, which obstore reads itself.

    Whether there is TLS is said by the endpoint's own scheme, so `allow_http` need not be said again.
    """
    limit = timedelta(seconds=timeout)
    try:
        bucket = S3Store.from_url(
            url,
            client_options={"allow_http": True, "connect_timeout": limit, "timeout": limit},
            retry_config={"max_retries": RETRIES, "retry_timeout": limit},
        )
    except BaseError as error:
        reason = str(error).partition("\n")[0]
        raise ObjectStoreUrlError(f"{url!r} cannot be opened with the AWS_* variables as they are: {reason}") from error
    return ObstoreObjectStore(bucket, timeout)
