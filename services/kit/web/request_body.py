"""Requests whose body claims to be text and is not: the caller's error, not the service's."""

from typing import Any

from quart import Request
from werkzeug.exceptions import BadRequest


class CheckedRequest(Request):
    """Quart's request, which otherwise lets the UnicodeDecodeError of a JSON body pass as a defect."""

    stream = Request.stream  # Quart has none, and says so by raising NotImplementedError

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body's JSON; BadRequest if it is not UTF-8 text, or nested deeper than Python reads."""
        try:
            return await super().get_json(force, silent, cache)
        except UnicodeDecodeError as error:
            raise BadRequest("the body is not UTF-8 text") from error
        except RecursionError as error:
            raise BadRequest("the body's JSON is nested too deeply") from error
