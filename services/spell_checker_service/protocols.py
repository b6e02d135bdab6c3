"""What the spell checker asks of its storage and of the content service, and what it is asked itself."""

from abc import abstractmethod
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest
from services.kit.postgres.actor import Actor
from services.kit.postgres.processed_messages import Message
from services.spell_checker_service.domain import Correction, Failure, JobFilter, SpellcheckJob, Success
from services.spell_checker_service.requests import PendingJob, RetryRequest, SpellcheckRequest, Task


class SpellcheckRepository(Protocol):
    """Jobs and their corrections. Never commits: a unit of work does.

    What belongs to another is not found (NotFoundError), unless the caller is an admin.
    """

    @abstractmethod
    async def register(self, request: SpellcheckRequest) -> None:
        """See to it that the essay has a job for this request, `pending` if it is a new one or the last one failed.

        Nothing changes if the request was registered before. ConflictError if the essay has a job that did not fail,
        or if the key is that of another request.
        """

    @abstractmethod
    async def register_retry(self, request: RetryRequest) -> Message:
        """Make a job that failed `pending` again, without its error, and say by which message it is known now.

        Nothing changes if the request was registered before. ConflictError if the job did not fail.
        """

    @abstractmethod
    async def start(self, message: Message) -> Task:
        """Move the message's job from `pending` to `in_progress`; NotFoundError if it has none (any more).

        Nobody else can change the job until the transaction ends.
        """

    @abstractmethod
    async def succeed(self, job_id: UUID, success: Success) -> SpellcheckJob:
        """Store what was found, and the job's success."""

    @abstractmethod
    async def fail(self, job_id: UUID, failure: Failure) -> SpellcheckJob:
        """Store why the text could not be checked."""

    @abstractmethod
    async def get(self, caller: Caller, job_id: UUID) -> SpellcheckJob:
        """The job."""

    @abstractmethod
    async def list_jobs(self, caller: Caller, wanted: JobFilter, page: PageRequest) -> Page[SpellcheckJob]:
        """The jobs that the caller may see, oldest first; NotFoundError for a user whose jobs are not for them."""

    @abstractmethod
    async def list_corrections(self, caller: Caller, job_id: UUID, page: PageRequest) -> Page[Correction]:
        """The job's corrections, in the order of the text."""

    @abstractmethod
    async def search_corrections(self, caller: Caller, word: str, page: PageRequest) -> Page[Correction]:
        """The corrections of that word, in any case, in all texts that the caller may see, oldest first."""

    @abstractmethod
    async def delete(self, caller: Caller, job_id: UUID) -> SpellcheckJob:
        """Remove the job with its corrections and its answers for good, and say what it was.

        Who asks again under a key that was answered with it, asks for a new one.
        """

    @abstractmethod
    async def claim_pending(self, older_than: timedelta) -> PendingJob | None:
        """A job that has been `pending` for longer than that, and counts as fresh from now on; None if there is none.

        Jobs that somebody is just working on are passed over: of two who claim, each gets another one.
        """


class ContentClient(Protocol):
    """The content service, asked in the name of whose text it is.

    ServiceUnavailableError while it does not answer; TextRefusedError if it answers that it will not.
    """

    @abstractmethod
    async def read_text(self, caller: Caller, storage_id: str) -> str:
        """The text; TextRefusedError if there is none, or if what is there is no text."""

    @abstractmethod
    async def store_corrected(self, caller: Caller, original_storage_id: str, text: str) -> str:
        """The storage id of the text, which now corrects the original; the same text again has the same."""


class SpellcheckHandler(Protocol):
    """Checks essays, whoever brings the requests. One that comes again gets the first answer, and nothing is done.

    The answer is the job as it then was: `success`, or `failed` if the text is to blame. ServiceUnavailableError means
    that nothing is decided: the request may be sent again, and if it is not, the job is finished later all the same.
    """

    @abstractmethod
    async def handle(self, request: SpellcheckRequest, actor: Actor) -> SpellcheckJob:
        """The essay's spell check, done now or before."""

    @abstractmethod
    async def retry(self, request: RetryRequest, actor: Actor) -> SpellcheckJob:
        """The spell check of a text that was refused, done anew."""

    @abstractmethod
    async def finish(self, pending: PendingJob, actor: Actor) -> SpellcheckJob:
        """The spell check of a job that was left pending; the text is read and stored in its owner's name."""
