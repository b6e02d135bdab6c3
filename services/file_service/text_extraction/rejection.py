"""Why a document is not valid: the codes that callers and auditors see."""

import enum
from dataclasses import dataclass


class ValidationCode(enum.StrEnum):
    """What is wrong with a document."""

    EMPTY_FILE = "EMPTY_FILE"
    NO_TEXT = "NO_TEXT"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    TOO_COMPLEX = "TOO_COMPLEX"
    UNSUPPORTED_TYPE = "UNSUPPORTED_TYPE"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    ENCRYPTED = "ENCRYPTED"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True)
class Rejection:
    """Why a document is not valid; `message` tells its author what to do."""

    code: ValidationCode
    message: str


class DocumentRejectedError(Exception):
    """A document turned out not to be valid while it was read."""

    def __init__(self, code: ValidationCode, message: str) -> None:
        super().__init__(code, message)
        self.rejection = Rejection(code, message)
