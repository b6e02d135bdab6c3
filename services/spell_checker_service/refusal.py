"""A text that cannot be checked: the outcome of its job, and no error of the request."""

from services.spell_checker_service.domain import Failure, FailureCode


class TextRefusedError(Exception):
    """The text is the reason why it is not checked, or its correction not stored; trying again changes nothing."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        super().__init__(detail)
        self.failure = Failure(code, detail)
