"""Questions about spelling and comparative judgement, each against a small story whose answers are known."""

from uuid import UUID

from clickhouse_connect.driver import Client

from tests.pipeline.asked import ask, only
from tests.pipeline.recorded_changes import BATCH, RecordedChanges, Values

NOW_TEXT = "2026-11-23 12:00:00+00"
A, B, C = (str(UUID(int=n)) for n in (11, 12, 13))
JOBS, CORRECTIONS = "spell_checker.spellcheck_jobs", "spell_checker.spellcheck_corrections"
ESSAYS, COMPARISONS = "cj_assessment.cj_essays", "cj_assessment.cj_comparisons"


def job_image(essay_id: str, **values: str | None) -> Values:
    """A spell check that succeeded, whose id is its essay's."""
    row = {
        "job_id": essay_id,
        "batch_id": BATCH,
        "essay_id": essay_id,
        "user_id": "anna",
        "language": "en",
        "status": "success",
        "original_storage_id": "0" * 32,
        "corrected_storage_id": "1" * 32,
        "total_words": "200",
        "total_corrections": "1",
        "processing_ms": "5",
        "correlation_id": str(UUID(int=7)),
        "idempotency_key": essay_id,
        "request_sha256": "0" * 64,
        "created_at": NOW_TEXT,
        "updated_at": NOW_TEXT,
    }
    return {**row, **values}


def correction_image(number: int, essay_id: str, word: str, **values: str | None) -> Values:
    """A word that a dictionary does not know."""
    row = {
        "correction_id": str(UUID(int=number)),
        "job_id": essay_id,
        "user_id": "anna",
        "position": str(number),
        "original_word": word,
        "corrected_word": None,
        "suggestions": "{}",
        "source": "dictionary",
        "created_at": NOW_TEXT,
    }
    return {**row, **values}


def essay_image(essay_id: str, rank: int | None = None, score: str | None = None) -> Values:
    """An essay of the batch; scored with a standard error of a tenth if it has a rank."""
    return {
        "batch_id": BATCH,
        "essay_id": essay_id,
        "storage_id": "0" * 32,
        "is_anchor": "f",
        "bt_score": score,
        "bt_standard_error": None if rank is None else "0.1",
        "rank": None if rank is None else str(rank),
        "comparison_count": "2",
        "created_at": NOW_TEXT,
        "updated_at": NOW_TEXT,
    }


def comparison_image(number: int, pair: tuple[str, str], winner: str | None, judge: str | None) -> Values:
    """Two essays that a judge compared; an answer with a confidence of three unless it is an error."""
    return {
        "comparison_id": str(UUID(int=number)),
        "batch_id": BATCH,
        "round": str(number),
        "essay_a": pair[0],
        "essay_b": pair[1],
        "request_correlation_id": str(UUID(int=number)),
        "winner": winner,
        "confidence": None if winner in {None, "error"} else "3",
        "judge_kind": None if judge is None else "person",
        "judge": judge,
        "error_code": "no_answer" if winner == "error" else None,
        "submitted_at": NOW_TEXT,
        "completed_at": None if judge is None else NOW_TEXT,
    }


def check_spelling(client: Client) -> None:
    """Two English essays, one Swedish, one that is not checked yet."""
    RecordedChanges(client).commit(
        1,
        (JOBS, "c", job_image(A, total_words="100", total_corrections="3")),
        (JOBS, "c", job_image(B)),
        (JOBS, "c", job_image(C, language="sv")),
        (JOBS, "c", job_image(str(UUID(int=14)), status="pending", total_words=None, total_corrections=None)),
        (CORRECTIONS, "c", correction_image(1, A, "Teh", corrected_word="The")),
        (CORRECTIONS, "c", correction_image(2, A, "teh", corrected_word="the", source="learner_dictionary")),
        (CORRECTIONS, "c", correction_image(3, A, "qzx")),
        (CORRECTIONS, "c", correction_image(4, A, "Huledu", source="whitelist")),
        (CORRECTIONS, "c", correction_image(5, B, "teh", corrected_word="the")),
        (CORRECTIONS, "c", correction_image(6, C, "hejj", corrected_word="hej")),
    )


def test_corrections_per_essay_start_with_most_mistakes_for_its_length(clickhouse: Client) -> None:
    check_spelling(clickhouse)
    columns = (
        "words",
        "corrections",
        "per_100_words",
        "by_dictionary",
        "by_learner_dictionary",
        "allowed_by_whitelist",
    )
    rows = ask(clickhouse, "corrections_per_essay", batch_id=BATCH)
    assert [str(row["essay_id"]) for row in rows] == [A, B, C]
    assert only(rows, *columns)[:2] == [(100, 3, 3.0, 2, 1, 1), (200, 1, 0.5, 1, 0, 0)]
    assert ask(clickhouse, "corrections_per_essay", batch_id=A) == []


def test_the_most_misspelled_words_are_told_in_any_case_and_whitelisted_ones_left_out(clickhouse: Client) -> None:
    check_spelling(clickhouse)
    columns = ("language", "word", "times", "essays", "corrected_to", "not_corrected")
    rows = ask(clickhouse, "most_misspelled_words")
    assert only(rows, *columns) == [
        ("en", "teh", 3, 2, "the", 0),
        ("sv", "hejj", 1, 1, "hej", 0),
        ("en", "qzx", 1, 1, None, 1),
    ]
    assert only(ask(clickhouse, "most_misspelled_words", language="sv"), "word") == [("hejj",)]


def test_rank_movements_tell_each_scoring_that_changed_an_essay(clickhouse: Client) -> None:
    story = RecordedChanges(clickhouse)
    story.commit(1, (ESSAYS, "c", essay_image(A)), (ESSAYS, "c", essay_image(B)))
    story.commit(2, (ESSAYS, "u", essay_image(A, 2, "-0.5")), (ESSAYS, "u", essay_image(B, 1, "0.5")))
    story.commit(3, (ESSAYS, "u", essay_image(A, 2, "-0.5")))
    story.commit(4, (ESSAYS, "u", essay_image(A, 1, "0.25")), (ESSAYS, "u", essay_image(B, 2, "-0.25")))
    columns = ("rank", "places_gained", "score", "score_gained", "comparisons")
    moved = ask(clickhouse, "rank_movements", essay_id=A)
    assert only(moved, *columns) == [(1, 1, 0.25, 0.75, 2), (2, None, -0.5, None, 2)]
    assert {str(row["essay_id"]) for row in ask(clickhouse, "rank_movements", batch_id=BATCH)} == {A, B}
    assert len(ask(clickhouse, "rank_movements")) == 4


def test_judges_are_held_against_the_ranking_and_against_one_another(clickhouse: Client) -> None:
    RecordedChanges(clickhouse).commit(
        1,
        *((ESSAYS, "c", essay_image(essay, rank, "0")) for rank, essay in enumerate((A, B, C), start=1)),
        (COMPARISONS, "c", comparison_image(1, (A, B), "essay_a", "anna")),
        (COMPARISONS, "c", comparison_image(2, (B, A), "essay_b", "bert")),
        (COMPARISONS, "c", comparison_image(3, (C, A), "essay_a", "anna")),
        (COMPARISONS, "c", comparison_image(4, (A, C), "tie", "bert")),
        (COMPARISONS, "c", comparison_image(5, (B, C), "error", "bert")),
        (COMPARISONS, "c", comparison_image(6, (B, C), None, None)),
    )
    columns = ("judge", "judgements", "errors", "ties", "mean_confidence", "agrees_with_ranking", "agrees_with_others")
    assert only(ask(clickhouse, "judge_agreement"), *columns) == [
        ("bert", 3, 1, 1, 3.0, 1.0, 0.5),
        ("anna", 2, 0, 0, 3.0, 0.5, 0.5),
    ]
    assert ask(clickhouse, "judge_agreement", batch_id=A) == []
