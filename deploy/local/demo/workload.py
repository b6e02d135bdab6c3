"""What the demo does to the platform, through its gateway: pupils' essays from the upload to their ranking."""

import asyncio
import subprocess
import sys
import uuid

import httpx
from rich.progress import Progress

from deploy.local.demo.documents import Document
from deploy.local.demo.handing_in import hand_in
from deploy.local.demo.judging import judge
from deploy.local.demo.outcome import Outcome, Stage
from deploy.local.demo.person import Person, UnexpectedAnswerError
from deploy.local.demo.refusing import LIMITED_ROLE, refuse
from deploy.local.demo.spelling import check_spelling

_STAFF = {"teacher-anna": "teacher", "teacher-bertil": "teacher", "head-cilla": "admin"}
_CONNECTIONS = 20


async def drive(base_url: str, documents: list[Document], progress: Progress) -> Outcome:
    """Drive the documents through all services. UnexpectedAnswerError if one does not behave as it should."""
    # Each time another visitor: the last one has used up what is allowed.
    roles = _STAFF | {f"visitor-{uuid.uuid4().hex[:6]}": LIMITED_ROLE}
    tokens = await asyncio.gather(*(asyncio.to_thread(_token, user, role) for user, role in roles.items()))
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    async with httpx.AsyncClient(base_url=base_url, limits=limits, trust_env=False) as client:
        people = (Person(client, user, token) for user, token in zip(roles, tokens, strict=True))
        anna, bertil, cilla, david = people
        stage = Stage(str(uuid.uuid4()), progress)
        await hand_in(anna, bertil, documents, stage)
        essays = await check_spelling(anna, documents, stage)
        await judge(anna, essays, stage)
        await refuse(bertil, cilla, david, stage)
        return stage.outcome


def _token(user: str, role: str) -> str:
    """A token as somebody else would issue it; UnexpectedAnswerError if there is none to be had."""
    command = [sys.executable, "-m", "services.api_gateway_service", "token", "--user", user, "--role", role]
    issued = subprocess.run(command, capture_output=True, text=True, check=False)
    if issued.returncode != 0:
        raise UnexpectedAnswerError(f"no token for {user}: {issued.stderr.strip()}")
    return issued.stdout.strip()
