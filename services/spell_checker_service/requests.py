"""What is asked of the spell checker: to check an essay's text, under the key by which a repetition is known."""

from dataclasses import dataclass
from uuid import UUID

from services.kit.identity import Caller
from services.kit.postgres.processed_messages import Message, fingerprint
from services.spell_checker_service.domain import Language


@dataclass(frozen=True)
class TextToCheck:
    """Where a text is, what language it is in, and which of its words are right whatever the dictionary says."""

    language: Language
    original_storage_id: str
    whitelist: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpellcheckRequest:
    """Check this essay. idempotency_key: the request's own, the same when it is sent again."""

    caller: Caller
    idempotency_key: str
    correlation_id: UUID
    batch_id: UUID
    essay_id: UUID
    text: TextToCheck

    @property
    def message(self) -> Message:
        """By what the request is known when it comes again."""
        asked = {"batch_id": self.batch_id, "essay_id": self.essay_id, **vars(self.text)}
        return Message(self.caller.user_id, self.idempotency_key, fingerprint(asked))


@dataclass(frozen=True)
class RetryRequest:
    """Try a job that failed once more, as it was asked for."""

    caller: Caller
    idempotency_key: str
    correlation_id: UUID
    job_id: UUID

    def message_to(self, owner: str) -> Message:
        """By what the request is known when it comes again: a job's messages are all its owner's."""
        return Message(owner, self.idempotency_key, fingerprint({"retry": self.job_id}))


@dataclass(frozen=True)
class Task:
    """A job that is being worked on, in the name of its owner, with the roles they had when they asked."""

    job_id: UUID
    owner: Caller
    text: TextToCheck


@dataclass(frozen=True)
class PendingJob:
    """A job that nobody works on, the message that asked for it, and the user action it belongs to."""

    message: Message
    correlation_id: UUID
