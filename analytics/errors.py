"""Why a question has no answer: because of how it was asked, of what is stored, or of ClickHouse."""


class QuestionError(ValueError):
    """The question is wrong in itself; the message names what of it, and what would be right."""


class NothingFoundError(LookupError):
    """The question is right, and what it asks about was never there."""


class CannotAnswerError(RuntimeError):
    """ClickHouse is not ready for the question, or failed at it; the message says what is known to help."""
