"""What is done with one text: it is read, checked, and stored corrected."""

from services.kit.identity import Caller
from services.spell_checker_service.domain import Success
from services.spell_checker_service.protocols import ContentClient
from services.spell_checker_service.requests import TextToCheck
from services.spell_checker_service.spelling.speller import Speller


class TextCorrection:
    """Corrects the texts of the content service."""

    def __init__(self, content: ContentClient, speller: Speller) -> None:
        self._content = content
        self._speller = speller

    async def correct(self, owner: Caller, task: TextToCheck) -> Success:
        """What was found, and where the corrected text is; TextRefusedError, ServiceUnavailableError.

        A text in which nothing is to be corrected is its own correction.
        """
        text = await self._content.read_text(owner, task.original_storage_id)
        check = await self._speller.check(task.language, text, task.whitelist)
        storage_id = task.original_storage_id
        if check.text.corrected != text:
            storage_id = await self._content.store_corrected(owner, storage_id, check.text.corrected)
        return Success(storage_id, check.text.total_words, check.milliseconds, check.text.findings)
