"""What a request makes of a batch: who takes part, and how many comparisons may be asked for."""

from collections import Counter
from collections.abc import Sequence

from services.cj_assessment_service.batches import MOST_ESSAYS, NewEssay
from services.cj_assessment_service.materials import Anchor, AssessmentConfig
from services.kit.errors import ConflictError, ValidationFailedError


def usable_anchors(anchors: Sequence[Anchor], config: AssessmentConfig | None) -> tuple[Anchor, ...]:
    """The anchors on the configuration's scale; without a configuration all, ConflictError if on several scales."""
    if config is not None:
        return tuple(anchor for anchor in anchors if anchor.grade_scale == config.grade_scale)
    scales = sorted({anchor.grade_scale for anchor in anchors})
    if len(scales) > 1:
        raise ConflictError(
            f"the assignment has anchors on several scales ({', '.join(scales)}): configure which one is meant",
            code="several_scales",
        )
    return tuple(anchors)


def participants(essays: Sequence[NewEssay], anchors: Sequence[Anchor]) -> tuple[NewEssay, ...]:
    """The essays and the anchors, each once (ValidationFailedError), and no more than can be scored."""
    everyone = (*essays, *(NewEssay(anchor.anchor_id, anchor.storage_id, anchor.anchor_id) for anchor in anchors))
    twice = [str(essay_id) for essay_id, times in Counter(each.essay_id for each in everyone).items() if times > 1]
    if twice:
        raise ValidationFailedError(f"essays are named twice: {', '.join(twice)}", details={"essay_ids": twice})
    if len(everyone) > MOST_ESSAYS:
        raise ValidationFailedError(
            f"a batch has at most {MOST_ESSAYS} essays, and this one has {len(essays)} and {len(anchors)} anchors"
        )
    return everyone


def budget_for(essays: int, wanted: int | None, comparisons_per_essay: int) -> int:
    """The wanted number of comparisons, else the usual one; ValidationFailedError if it cannot join all the essays."""
    fewest = max(1, essays - 1)
    if wanted is None:
        # Each comparison is one for either essay.
        return max(fewest, (essays * comparisons_per_essay + 1) // 2)
    if wanted < fewest:
        raise ValidationFailedError(
            f"comparison_budget is {wanted}, and it takes {fewest} comparisons at least to join {essays} essays",
            details={"fewest": fewest},
        )
    return wanted
