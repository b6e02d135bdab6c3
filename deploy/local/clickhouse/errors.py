"""Errors as ClickHouse words them: a code, a name, a message, and the HTTP status that goes with the code."""

import errno
import re

AUTHENTICATION_FAILED = (516, "AUTHENTICATION_FAILED")
BAD_ARGUMENTS = (36, "BAD_ARGUMENTS")
CANNOT_DECOMPRESS = (271, "CANNOT_DECOMPRESS")
NOT_ENOUGH_SPACE = (243, "NOT_ENOUGH_SPACE")
NOT_IMPLEMENTED = (48, "NOT_IMPLEMENTED")
READONLY = (164, "READONLY")
SESSION_IS_LOCKED = (373, "SESSION_IS_LOCKED")
SESSION_NOT_FOUND = (372, "SESSION_NOT_FOUND")
STD_EXCEPTION = (1001, "STD_EXCEPTION")
SYNTAX_ERROR = (62, "SYNTAX_ERROR")
TOO_MANY_BYTES = (307, "TOO_MANY_BYTES")
TOO_MANY_SIMULTANEOUS_QUERIES = (202, "TOO_MANY_SIMULTANEOUS_QUERIES")
UNKNOWN_EXCEPTION = (1002, "UNKNOWN_EXCEPTION")
UNKNOWN_SETTING = (115, "UNKNOWN_SETTING")

_BAD_REQUEST = (6, 26, 27, 33, 36, 38, 41, 43, 50, 53, 62, 69, 70, 72, 117, 130, 184, 215, 271, 349, 386, 395, 456, 457)
_NOT_FOUND = (16, 46, 47, 56, 60, 73, 81, 115, 372)
STATUS_BY_CODE = (
    dict.fromkeys(_BAD_REQUEST, 400)
    | dict.fromkeys(_NOT_FOUND, 404)
    | {48: 501, 159: 408, 160: 408, 164: 403, 202: 503, 291: 403, 307: 413, 497: 403, 516: 403}
)
_CODE = re.compile(r"Code: (\d+)\. ")


class ClickHouseError(Exception):
    """A failure that is answered to the client; its text begins with `Code: <code>. DB::Exception: `."""

    def __init__(self, kind: tuple[int, str], message: str) -> None:
        self.code, name = kind
        super().__init__(f"Code: {self.code}. DB::Exception: {message} ({name})")


def answer_to(error: Exception) -> tuple[int, int, str]:
    """HTTP status, ClickHouse's code and the text for `error`, which may come from the engine or from here."""
    text = str(error)
    found = _CODE.search(text)
    if found is None:
        named = ClickHouseError(_kind_of(error), f"{type(error).__name__}: {text}")
        return 500, named.code, str(named)
    code = int(found.group(1))
    return STATUS_BY_CODE.get(code, 500), code, text[found.start() :]


def _kind_of(error: Exception) -> tuple[int, str]:
    """What ClickHouse would call an error of ours: trouble with the disk must not look like trouble with the rows."""
    if not isinstance(error, OSError):
        return UNKNOWN_EXCEPTION
    return NOT_ENOUGH_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else STD_EXCEPTION
