"""A request is measured from outside of the app that answers it, whatever becomes of it there."""

from typing import Any

import pytest

from services.api_gateway_service.domain import LONGEST_METHOD, RequestRecord
from services.api_gateway_service.request_measuring import RequestMeasuring
from services.api_gateway_service.tests.gateway import KeptRequests


async def _answer(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await send({"type": "http.response.start", "status": 207})
    await send({"type": "http.response.body", "body": b"four", "more_body": True})
    await send({"type": "http.response.body", "body": b"more"})


async def _break(_scope: Any, _receive: Any, _send: Any) -> None:
    raise RuntimeError


async def _give_up(_scope: Any, _receive: Any, _send: Any) -> None:
    return


async def recorded(app: Any, path: str = "/v1/files", method: str = "POST") -> list[RequestRecord]:
    """What is recorded of a request with ten bytes in two parts."""
    parts = iter([{"body": b"12345", "more_body": True}, {"body": b"67890", "more_body": False}])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", **next(parts)}

    async def send(_message: dict[str, Any]) -> None:
        return

    kept = KeptRequests()
    await RequestMeasuring(app, kept)({"type": "http", "path": path, "method": method}, receive, send)
    return kept.records


async def test_bytes_are_counted_both_ways_and_the_status_is_the_one_sent() -> None:
    (record,) = await recorded(_answer)
    assert (record.status, record.request_bytes, record.response_bytes) == (207, 10, 8)
    assert record.duration_us >= 0


async def test_a_request_whose_app_breaks_is_recorded_as_failed() -> None:
    kept = KeptRequests()
    with pytest.raises(RuntimeError):
        await RequestMeasuring(_break, kept)({"type": "http", "path": "/v1", "method": "GET"}, None, None)
    assert [record.status for record in kept.records] == [500]


async def test_a_request_that_nobody_waited_for_is_recorded_as_closed_by_the_client() -> None:
    assert [record.status for record in await recorded(_give_up)] == [499]


async def test_what_the_platform_asks_for_itself_is_not_recorded() -> None:
    assert await recorded(_answer, "/healthz") == []
    assert await recorded(_answer, "/metrics") == []


async def test_a_method_that_a_client_made_up_is_cut_to_what_can_be_stored() -> None:
    (record,) = await recorded(_answer, method="X" * 60_000)
    assert record.method == "X" * LONGEST_METHOD
