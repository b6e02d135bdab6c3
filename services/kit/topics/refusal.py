"""What an error of a message's work means: that time will mend it, that it never will, or that nobody knows."""

import enum
from dataclasses import dataclass

from services.kit.errors import ConflictError, DomainError, ServiceUnavailableError, TooManyRequestsError
from services.kit.postgres.errors import meaning_of

LONGEST_REASON = 2000
DEFECT = "defect"


class Verdict(enum.Enum):
    """How a message goes on after its work failed."""

    PASSING = "passing"
    DOUBTFUL = "doubtful"
    FINAL = "final"


@dataclass(frozen=True)
class Refusal:
    """Why a message is parked: a code for programs, a sentence for people."""

    code: str
    reason: str


def verdict_on(error: BaseException) -> Verdict:
    """Whether to try again for as long as it takes, a few times, or not at all.

    A conflict without a code of its own is one of transactions that met, which mostly passes; what is no error of the
    domain can only be a defect, of the service or of what it stands on.
    """
    meant = meaning_of(error) or error
    if isinstance(meant, ServiceUnavailableError | TooManyRequestsError):
        return Verdict.PASSING
    met_another = isinstance(meant, ConflictError) and meant.code == ConflictError.default_code
    return Verdict.FINAL if isinstance(meant, DomainError) and not met_another else Verdict.DOUBTFUL


def refusal_for(error: BaseException) -> Refusal:
    """What is kept with a message that such an error ended."""
    meant = meaning_of(error) or error
    if isinstance(meant, DomainError):
        return Refusal(meant.code, _kept(meant.message))
    # Its words may be anybody's, and repeat what the message holds: the log has them.
    return Refusal(DEFECT, f"{type(error).__name__}; the log has the rest, by the correlation id")


def _kept(reason: str) -> str:
    """PostgreSQL stores no NUL."""
    return reason.replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_REASON]
