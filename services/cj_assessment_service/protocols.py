"""What the comparative judgement service asks of its storage, and what takes requests and judges' answers in."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from services.cj_assessment_service.batches import Batch, BatchFilter, Essay, NewBatch, NewEssay
from services.cj_assessment_service.comparisons import (
    Comparison,
    ComparisonFilter,
    Decision,
    Judgement,
    NewComparison,
    PairHistory,
)
from services.cj_assessment_service.completion import AssessedBatch, ScoringResult, ScoringTask
from services.cj_assessment_service.materials import Anchor, AssessmentConfig, GradedEssay, NewAnchor, NewConfig, Target
from services.cj_assessment_service.requests import (
    Answered,
    AssessmentRequest,
    JudgementMessage,
    PairsRequest,
)
from services.kit.identity import Caller
from services.kit.paging import Page, PageRequest


class BatchRepository(Protocol):
    """Batches and their essays. Never commits: a unit of work does.

    What belongs to another is not found (NotFoundError), unless the caller is an admin.
    """

    @abstractmethod
    async def create(self, caller: Caller, new: NewBatch, essays: Sequence[NewEssay]) -> Batch:
        """Store a batch with its essays; ConflictError if there is one of that id. Too few essays end it at once."""

    @abstractmethod
    async def get(self, caller: Caller, batch_id: UUID) -> Batch:
        """The batch."""

    @abstractmethod
    async def list_batches(self, caller: Caller, wanted: BatchFilter, page: PageRequest) -> Page[Batch]:
        """The batches that the caller may see, oldest first."""

    @abstractmethod
    async def list_essays(self, caller: Caller, batch_id: UUID, page: PageRequest) -> Page[Essay]:
        """The batch's essays, anchors among them, in the order in which they were stored."""

    @abstractmethod
    async def ranking(self, caller: Caller, batch_id: UUID) -> tuple[Essay, ...]:
        """The essays that have a rank, the best first; empty before the first scoring."""

    @abstractmethod
    async def list_projections(self, caller: Caller, batch_id: UUID, page: PageRequest) -> Page[GradedEssay]:
        """The grades of the batch's essays; empty before its end, and without anchors."""

    @abstractmethod
    async def change_budget(
        self, caller: Caller, batch_id: UUID, budget: int, *, expected_row_version: int | None = None
    ) -> Batch:
        """Let the batch ask for `budget` comparisons in all; one that failed goes on comparing.

        ConflictError if as many were asked for already, if it is complete, or if it changed since the caller saw it.
        """


class ComparisonRepository(Protocol):
    """Comparisons of batches. Never commits. What belongs to another is not found; whatever changes locks the batch."""

    @abstractmethod
    async def history(self, caller: Caller, batch_id: UUID) -> PairHistory:
        """Lock the batch, and say what was compared in it; ConflictError if no pairs can be asked for now."""

    @abstractmethod
    async def request(self, caller: Caller, asked: Sequence[NewComparison]) -> tuple[Comparison, ...]:
        """Store comparisons of one batch that wait for their judges; ConflictError if its budget has no room."""

    @abstractmethod
    async def get(self, caller: Caller, request_correlation_id: UUID) -> Comparison:
        """The comparison that was asked for under this id."""

    @abstractmethod
    async def list_comparisons(
        self, caller: Caller, batch_id: UUID, wanted: ComparisonFilter, page: PageRequest
    ) -> Page[Comparison]:
        """The batch's comparisons in the order in which they were asked for."""

    @abstractmethod
    async def decide(
        self, caller: Caller, request_correlation_id: UUID, judgement: Judgement, lease: timedelta
    ) -> Decision:
        """Store the first answer, and count it; of any other the first one is returned and nothing changes.

        The answer that ends a round moves its batch to `scoring`, leased to whoever sent that answer.
        """


class ScoringRepository(Protocol):
    """Batches whose round is over. Never commits."""

    @abstractmethod
    async def claim(self, lease: timedelta) -> UUID | None:
        """Lease the batch that waits longest to be scored, and is neither leased nor locked; None if there is none."""

    @abstractmethod
    async def task(self, batch_id: UUID) -> ScoringTask | None:
        """What there is to score, None if the batch is not `scoring` any more."""

    @abstractmethod
    async def finish(self, task: ScoringTask, result: ScoringResult) -> bool:
        """Store the result, unless another has done so since the task was read: whether it was stored."""

    @abstractmethod
    async def assessed(self, batch_id: UUID) -> AssessedBatch | None:
        """What came out of the batch, None if it goes on."""


class AssessmentConfigRepository(Protocol):
    """Configurations of assignments and courses. Never commits.

    Those written by an admin are for everybody to read; the others for who wrote the target's first one.
    """

    @abstractmethod
    async def add_version(self, caller: Caller, new: NewConfig) -> AssessmentConfig:
        """Store the target's next version, counting 1, 2, 3 …; who comes at once waits in line.

        ForbiddenError for a course unless the caller is an admin; NotFoundError if the assignment is another's.
        """

    @abstractmethod
    async def get(self, caller: Caller, config_id: UUID) -> AssessmentConfig:
        """The version of that id."""

    @abstractmethod
    async def newest(self, caller: Caller, target: Target) -> AssessmentConfig | None:
        """The target's newest version that the caller may read, None if there is none."""

    @abstractmethod
    async def list_configs(self, caller: Caller, target: Target | None, page: PageRequest) -> Page[AssessmentConfig]:
        """The versions that the caller may read, of one target or of all, oldest first."""


class AnchorRepository(Protocol):
    """Anchors of assignments. Never commits. Those that an admin adds are for everybody to read."""

    @abstractmethod
    async def add(self, caller: Caller, new: NewAnchor) -> Anchor:
        """Store an anchor; ConflictError if the caller has one of that label on that scale in the assignment."""

    @abstractmethod
    async def get(self, caller: Caller, anchor_id: UUID) -> Anchor:
        """The anchor."""

    @abstractmethod
    async def list_anchors(self, caller: Caller, assignment_id: UUID | None, page: PageRequest) -> Page[Anchor]:
        """The anchors that the caller may read, of one assignment or of all, oldest first."""

    @abstractmethod
    async def of_assignment(self, caller: Caller, assignment_id: UUID) -> tuple[Anchor, ...]:
        """All of an assignment's anchors that the caller may read."""

    @abstractmethod
    async def remove(self, caller: Caller, anchor_id: UUID) -> Anchor:
        """Remove one's own anchor, and say what it was; ConflictError if a batch was compared with it."""


class AssessmentHandler(Protocol):
    """Takes requests for comparative judgement in, each done once however often it comes."""

    @abstractmethod
    async def start(self, request: AssessmentRequest) -> Answered[Batch]:
        """Create a batch with its essays and the anchors of its assignment."""

    @abstractmethod
    async def request_pairs(self, request: PairsRequest) -> Answered[tuple[Comparison, ...]]:
        """Ask for the next comparisons of a batch."""


class JudgementHandler(Protocol):
    """Takes judges' answers in, each counted once however often it comes."""

    @abstractmethod
    async def judge(self, message: JudgementMessage) -> Answered[Comparison]:
        """Store a judge's answer; NotFoundError if nobody asked. The answer that ends a round has the batch scored."""
