"""Requests for comparative judgement: a batch is created once and pairs are asked for once, however often they come."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter

from services.cj_assessment_service.batch_request import budget_for, participants, usable_anchors
from services.cj_assessment_service.batches import ENDED, Batch, NewBatch
from services.cj_assessment_service.comparisons import Comparison, NewComparison, PairHistory
from services.cj_assessment_service.config import CjAssessmentServiceSettings
from services.cj_assessment_service.connectivity import Pair
from services.cj_assessment_service.events import ended
from services.cj_assessment_service.materials import Anchor, AssessmentConfig, Target
from services.cj_assessment_service.pairs import PairSelection
from services.cj_assessment_service.protocols import (
    AnchorRepository,
    AssessmentConfigRepository,
    AssessmentHandler,
    BatchRepository,
    ComparisonRepository,
)
from services.cj_assessment_service.requests import Answered, AssessmentRequest, PairsRequest
from services.kit.postgres.processed_messages import Message, ProcessedMessages, fingerprint
from services.kit.postgres.unit_of_work import UnitOfWork
from services.kit.topics.outbox import Outbox

T = TypeVar("T")

_BATCH = TypeAdapter(Batch)
_COMPARISONS = TypeAdapter(tuple[Comparison, ...])


@dataclass(frozen=True)
class Materials:
    """What was prepared for assignments and courses."""

    configs: AssessmentConfigRepository
    anchors: AnchorRepository

    async def of(self, request: AssessmentRequest) -> tuple[AssessmentConfig | None, tuple[Anchor, ...]]:
        """The newest configuration of the assignment, else of the course, and the assignment's anchors on its scale."""
        caller, assignment_id = request.caller, request.batch.assignment_id
        course = Target(course_code=request.batch.course_code)
        if assignment_id is None:
            return await self.configs.newest(caller, course), ()
        config = await self.configs.newest(caller, Target(assignment_id))
        if config is None:
            config = await self.configs.newest(caller, course)
        return config, usable_anchors(await self.anchors.of_assignment(caller, assignment_id), config)


@dataclass(frozen=True)
class Assessments(AssessmentHandler):
    """Does what is asked and keeps the answer in one transaction, so that either both are there or neither."""

    settings: CjAssessmentServiceSettings
    unit: UnitOfWork
    messages: ProcessedMessages
    batches: BatchRepository
    comparisons: ComparisonRepository
    materials: Materials
    outbox: Outbox

    async def start(self, request: AssessmentRequest) -> Answered[Batch]:
        """Create a batch with its essays and the anchors of its assignment."""

        async def create() -> Batch:
            config, anchors = await self.materials.of(request)
            essays = participants(request.essays, anchors)
            budget = budget_for(len(essays), request.comparison_budget, self.settings.comparisons_per_essay)
            batch = await self.batches.create(request.caller, _new_batch(request, config, budget), essays)
            if batch.status in ENDED:
                await self.outbox.add(ended(batch), key=str(batch.batch_id))
            return batch

        question = {
            "batch": asdict(request.batch),
            "essays": [asdict(essay) for essay in request.essays],
            "comparison_budget": request.comparison_budget,
        }
        return await self._once(_message("start", request, question), _BATCH, create)

    async def request_pairs(self, request: PairsRequest) -> Answered[tuple[Comparison, ...]]:
        """Ask for the next comparisons of a batch, as far as its budget goes."""

        async def ask() -> tuple[Comparison, ...]:
            history = await self.comparisons.history(request.caller, request.batch_id)
            wanted = len(history.essays) if request.count is None else request.count
            pairs = await asyncio.to_thread(_next_pairs, history, min(wanted, history.budget_left))
            return await self.comparisons.request(request.caller, [_asked(history, pair) for pair in pairs])

        question = {"batch_id": request.batch_id, "count": request.count}
        return await self._once(_message("request_pairs", request, question), _COMPARISONS, ask)

    async def _once(self, message: Message, kind: TypeAdapter[T], work: Callable[[], Awaitable[T]]) -> Answered[T]:
        async def work_as_json() -> dict[str, Any]:
            return {"answer": kind.dump_python(await work(), mode="json")}

        async with self.unit:
            answered = await self.messages.first_answer(message, work_as_json)
        return Answered(kind.validate_python(answered.outcome["answer"]), answered.repeated)


def _message(deed: str, request: AssessmentRequest | PairsRequest, question: dict[str, Any]) -> Message:
    return Message(request.caller.user_id, request.idempotency_key, fingerprint({"deed": deed, **question}))


def _new_batch(request: AssessmentRequest, config: AssessmentConfig | None, budget: int) -> NewBatch:
    return NewBatch(
        **vars(request.batch),
        comparison_budget=budget,
        config_id=None if config is None else config.config_id,
        user_id=request.caller.user_id,
        correlation_id=request.correlation_id,
    )


def _next_pairs(history: PairHistory, most: int) -> tuple[Pair, ...]:
    """The same batch at the same point is given the same pairs."""
    seed = history.batch_id.int + history.submitted
    return PairSelection(history.essays, history.compared, history.asked_in_round, seed).next_pairs(most)


def _asked(history: PairHistory, pair: Pair) -> NewComparison:
    essay_a, essay_b = pair
    return NewComparison(
        comparison_id=uuid4(),
        batch_id=history.batch_id,
        round=history.round,
        essay_a=essay_a,
        essay_b=essay_b,
        request_correlation_id=uuid4(),
    )
