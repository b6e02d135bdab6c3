"""Third scene, comparative judgement: essays are compared in pairs until their order is known."""

import asyncio
import random
import uuid
from typing import Any

from deploy.local.demo.outcome import Stage
from deploy.local.demo.person import Person, UnexpectedAnswerError
from deploy.local.demo.spelling import CheckedEssay

_COMPLETE = frozenset({"complete_stable", "complete_max_comparisons"})
_COMPARISONS_AN_ESSAY = 6
_MOST_ROUNDS = 50


async def judge(person: Person, essays: list[CheckedEssay], stage: Stage) -> None:
    """Rank the essays of each language. UnexpectedAnswerError if the service does not behave as it should."""
    for language in sorted({essay.language for essay in essays}):
        compared = [essay for essay in essays if essay.language == language]
        if len(compared) > 1:
            await _rank(person, language, compared, stage)


async def _rank(person: Person, language: str, essays: list[CheckedEssay], stage: Stage) -> None:
    batch = str(uuid.uuid4())
    path = f"/v1/cj/batches/{batch}"
    asked = {
        "batch_id": batch,
        "course_code": "DEMO",
        "language": language,
        "comparison_budget": _COMPARISONS_AN_ESSAY * len(essays),
        "essays": [{"essay_id": essay.essay_id, "storage_id": essay.storage_id} for essay in essays],
    }
    await person.ask("POST", "/v1/cj/batches", json=asked, key=str(uuid.uuid4()), reason="ranking")
    task = stage.progress.add_task(f"comparing essays ({language})", total=None)
    judge_of = _Judge(essays)
    for _ in range(_MOST_ROUNDS):
        status = (await person.ask("GET", path)).json()["status"]
        if status in _COMPLETE:
            break
        pairs = (await person.ask("POST", f"{path}/comparisons", json={}, key=str(uuid.uuid4()))).json()["comparisons"]
        await asyncio.gather(*(_answer(person, judge_of, pair) for pair in pairs))
        stage.outcome.counts["comparisons judged"] += len(pairs)
        stage.progress.advance(task, len(pairs))
    else:
        raise UnexpectedAnswerError(f"batch {batch} is still {status} after {_MOST_ROUNDS} rounds")
    stage.progress.update(task, total=1, completed=1)
    await _note_ranking(person, path, essays, stage)


class _Judge:
    """Prefers the essay with fewer words misspelt, and is not always sure: the same every time."""

    def __init__(self, essays: list[CheckedEssay]) -> None:
        self._faults = {essay.essay_id: essay.corrections / max(1, essay.words) for essay in essays}
        self._random = random.Random(len(essays))  # noqa: S311 - the same every time is what is wanted

    def winner(self, essay_a: str, essay_b: str) -> str:
        lead = self._faults[essay_b] - self._faults[essay_a] + self._random.gauss(0, 0.02)
        if abs(lead) < 0.002:
            return "tie"
        return "essay_a" if lead > 0 else "essay_b"


async def _answer(person: Person, judge_of: _Judge, pair: dict[str, Any]) -> None:
    """Answer twice, as a judge whose connection broke would: the first answer stays."""
    first = {
        "request_correlation_id": pair["request_correlation_id"],
        "winner": judge_of.winner(pair["essay_a"], pair["essay_b"]),
        "confidence": 3.5,
        "justification": "fewer words are misspelt",
    }
    answers = [
        (await person.ask("POST", "/v1/cj/judgements", json=answer)).json()
        for answer in (first, first | {"winner": "tie"})
    ]
    if [answer["repeated"] for answer in answers] != [False, True] or answers[0]["comparison"] != answers[1][
        "comparison"
    ]:
        raise UnexpectedAnswerError(f"a second answer for a decided pair was taken: {answers}")


async def _note_ranking(person: Person, path: str, essays: list[CheckedEssay], stage: Stage) -> None:
    names = {essay.essay_id: essay.name for essay in essays}
    ranked = (await person.ask("GET", f"{path}/ranking")).json()["essays"]
    if {essay["essay_id"] for essay in ranked} != set(names):
        raise UnexpectedAnswerError(f"the ranking leaves essays out: {ranked}")
    stage.outcome.counts["essays ranked"] += len(ranked)
    for essay in ranked:
        score, error = essay["bt_score"], essay["bt_standard_error"]
        stage.outcome.ranking.append(f"{essay['rank']:>3}. {names[essay['essay_id']]}: {score:+.2f} ± {error:.2f}")
