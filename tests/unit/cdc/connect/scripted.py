"""A Kafka Connect that is a script of answers."""

import httpx

from cdc.connect.rest import ConnectClient

URL = "http://connect.example:8083"


class Scripted:
    """A Connect that gives the answers it was told, the last one for ever, and remembers what it was asked."""

    def __init__(self, **answers: list[httpx.Response]) -> None:
        self.answers, self.asked = answers, list[str]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        what = f"{request.method} {request.url.path.removeprefix('/connectors/')}"
        self.asked.append(what)
        due = self.answers.get(what.rpartition("/")[2], [httpx.Response(200, json={})])
        return due.pop(0) if len(due) > 1 else due[0]

    @property
    def restarted(self) -> list[str]:
        """The connectors that were started anew."""
        return [what.split()[1].removesuffix("/restart") for what in self.asked if what.endswith("/restart")]

    @property
    def client(self) -> ConnectClient:
        return ConnectClient(URL, httpx.Client(base_url=URL, transport=httpx.MockTransport(self)))


def status(connector: str, task: str | None, trace: str = "") -> httpx.Response:
    tasks = [] if task is None else [{"state": task, "trace": trace}]
    return httpx.Response(200, json={"connector": {"state": connector}, "tasks": tasks})
