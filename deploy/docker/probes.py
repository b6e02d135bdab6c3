"""What is asked of the running services: their health, rows of their own, and a file that goes all the way."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import jwt

from deploy.local.ports import LOOPBACK
from deploy.local.signing_key import ALGORITHM

Headers = Mapping[str, str]
Files = Mapping[str, tuple[str, bytes]]
PATIENCE = 180.0
POLL_SECONDS = 0.5
USER = "check"
GATEWAY = "api_gateway"
# Of each service, a list that it reads from its database.
LISTS = {
    "content": "/v1/contents",
    "spell_checker": "/v1/spellcheck/jobs",
    "file": "/v1/files",
    "cj_assessment": "/v1/cj/batches",
    GATEWAY: "/v1/sessions",
}
ESSAY = b"A river is older than the town beside it, and in most years the more patient of the two.\n"


class CheckError(Exception):
    """What was to be shown is not so."""


class Probes:
    """Asks the services on their published ports, directly and through the gateway."""

    def __init__(self, ports: Mapping[str, int], signing_key: Path, issuer: str, audience: str) -> None:
        self._ports = ports
        token = _token(signing_key, issuer, audience)
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._file = ""

    def wait_for_health(self, service: str, status: int) -> None:
        """Return once the service's health is `status`; CheckError after three minutes."""
        deadline = time.monotonic() + PATIENCE
        while (found := self._health(service)) != status:
            if time.monotonic() > deadline:
                raise CheckError(f"{service}: /healthz says {found}, not {status}")
            time.sleep(POLL_SECONDS)

    def read_rows(self, service: str) -> None:
        """The service's list, from itself as it trusts the gateway, and through the gateway by a token."""
        if service != GATEWAY:
            self._ask(service, LISTS[service], {"X-User-ID": USER})
        self._ask(GATEWAY, LISTS[service], self._bearer)

    def store_file(self) -> None:
        """Send a file through the gateway, and read it back."""
        files = {"files": ("essay.txt", ESSAY)}
        answer = self._ask(GATEWAY, f"/v1/batches/{uuid4()}/files", self._bearer, files)
        self._file = answer.json()["results"][0]["file"]["file_id"]
        self.read_file()

    def read_file(self) -> None:
        """The file that was stored, byte for byte."""
        answer = self._ask(GATEWAY, f"/v1/files/{self._file}/content", self._bearer)
        if answer.content != ESSAY:
            raise CheckError("the file that came back is not the one that was stored")

    def _health(self, service: str) -> int | str:
        try:
            return httpx.get(self._address(service) + "/healthz", timeout=10).status_code
        except httpx.TransportError as error:
            return repr(error)

    def _ask(self, service: str, path: str, headers: Headers, files: Files | None = None) -> httpx.Response:
        method = "POST" if files else "GET"
        answer = httpx.request(method, self._address(service) + path, headers=headers, files=files, timeout=60)
        if not answer.is_success:
            raise CheckError(f"{service}: {method} {path}: {answer.status_code} {answer.text}")
        return answer

    def _address(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self._ports[service]}"


def _token(signing_key: Path, issuer: str, audience: str) -> str:
    now = datetime.now(UTC)
    times = {"iat": now, "nbf": now, "exp": now + timedelta(hours=1)}
    claims = {"sub": USER, "jti": uuid4().hex, "iss": issuer, "aud": audience, "roles": ["teacher"], **times}
    return jwt.encode(claims, signing_key.read_bytes(), ALGORITHM)
