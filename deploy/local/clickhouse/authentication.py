"""Who may ask: the one user `default`, by Basic, ClickHouse's headers or parameters."""

import base64
import binascii
import hmac

from deploy.local.clickhouse.errors import AUTHENTICATION_FAILED, ClickHouseError
from deploy.local.clickhouse.request import Request

USER = "default"


def authenticate(request: Request, password: str | None) -> None:
    """Raise ClickHouseError 516 unless the request names the user and the password; no password, no question."""
    if password is None:
        return
    user, given = _credentials(request)
    known = hmac.compare_digest(given.encode("utf-8", "surrogateescape"), password.encode())
    if user != USER or not known:
        message = f"{user}: Authentication failed: password is incorrect, or there is no user with such name."
        raise ClickHouseError(AUTHENTICATION_FAILED, message)


def _credentials(request: Request) -> tuple[str, str]:
    headers, parameters = request.headers, request.parameters
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return _as_utf8(headers.get("x-clickhouse-user", USER)), _as_utf8(headers.get("x-clickhouse-key", ""))
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic(token)
    return parameters.get("user", USER), parameters.get("password", "")


def _basic(token: str) -> tuple[str, str]:
    try:
        pair = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ClickHouseError(AUTHENTICATION_FAILED, f"The Authorization header can't be read: {error}") from error
    user, _, password = pair.partition(":")
    return user, password


def _as_utf8(header: str) -> str:
    return header.encode("latin-1").decode("utf-8", "surrogateescape")
