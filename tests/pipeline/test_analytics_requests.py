"""Questions about requests through the gateway, each against a few whose answers are known."""

from datetime import datetime, timedelta
from uuid import UUID

from clickhouse_connect.driver import Client

from tests.pipeline.asked import ask, only
from tests.pipeline.recorded_changes import START, RecordedChanges, Values


def request_image(number: int, at: datetime = START, /, **values: str | None) -> Values:
    """A row of `api_gateway.api_requests`, as PostgreSQL writes its values."""
    row = {
        "requested_at": f"{at:%Y-%m-%d %H:%M:%S}+00",
        "request_id": str(UUID(int=number)),
        "method": "GET",
        "route": "/v1/files",
        "status": "200",
        "auth_outcome": "accepted",
        "duration_us": "1000",
        "request_bytes": "10",
        "response_bytes": "100",
        "user_id": "anna",
        "session_id": str(UUID(int=1)),
        "rate_limited": "f",
        "correlation_id": str(UUID(int=number)),
        "upstream": "file",
    }
    return {**row, **values}


def record(client: Client, *images: Values) -> None:
    RecordedChanges(client).commit(1, *(("api_gateway.api_requests", "c", image) for image in images))


def test_requests_of_a_minute_tell_how_many_failed_and_how_long_they_took(clickhouse: Client) -> None:
    durations = [request_image(n, duration_us=str(n * 1000)) for n in range(1, 99)]
    record(
        clickhouse,
        *durations,
        request_image(99, duration_us="99000", status="503"),
        request_image(100, duration_us="100000", status="404"),
        request_image(101, START + timedelta(minutes=1), route="/v1/contents"),
    )
    later, first = ask(clickhouse, "requests_by_minute")
    assert (later["route"], later["requests"], str(later["minute"])[:16]) == ("/v1/contents", 1, "2026-11-23 12:01")
    columns = ("requests", "refused", "failed", "error_rate", "p50_ms", "p95_ms", "p99_ms")
    assert only([first], *columns) == [(100, 1, 1, 0.01, 51.0, 96.0, 100.0)]
    assert only(ask(clickhouse, "requests_by_minute", route="/v1/contents"), "requests") == [(1,)]


def test_users_are_told_by_how_much_they_ask_and_strangers_left_out(clickhouse: Client) -> None:
    record(
        clickhouse,
        request_image(1),
        request_image(2, status="500", session_id=str(UUID(int=2))),
        request_image(3, user_id="bert", rate_limited="t", status="429"),
        request_image(4, user_id=None, session_id=None, auth_outcome="missing", status="401"),
    )
    columns = ("user_id", "requests", "failed", "rate_limited_requests", "sessions", "bytes_sent", "bytes_received")
    expected = [("anna", 2, 1, 0, 2, 20, 200), ("bert", 1, 0, 1, 1, 10, 100)]
    assert only(ask(clickhouse, "top_users"), *columns) == expected


def test_rate_limit_hits_are_told_by_user_and_route_with_their_share(clickhouse: Client) -> None:
    hit = {"rate_limited": "t", "status": "429"}
    record(
        clickhouse,
        *(request_image(n) for n in range(1, 4)),
        request_image(4, START + timedelta(seconds=1), **hit),
        request_image(5, START + timedelta(seconds=2), route="/v1/contents", **hit),
        request_image(6, START + timedelta(seconds=3), route="/v1/contents", **hit),
    )
    columns = ("user_id", "route", "hits", "requests", "share")
    assert only(ask(clickhouse, "rate_limit_hits"), *columns) == [
        ("anna", "/v1/contents", 2, 2, 1.0),
        ("anna", "/v1/files", 1, 4, 0.25),
    ]


def test_refused_tokens_are_told_by_what_was_wrong_with_them(clickhouse: Client) -> None:
    nobody = {"user_id": None, "session_id": None, "status": "401"}
    record(
        clickhouse,
        request_image(1),
        request_image(2, route="/docs", auth_outcome="anonymous", **nobody),
        request_image(3, auth_outcome="expired", **nobody),
        request_image(4, auth_outcome="expired", route="/v1/contents", **nobody),
        request_image(5, auth_outcome="expired", **nobody),
        request_image(6, START + timedelta(hours=1), auth_outcome="revoked", **nobody),
    )
    columns = ("auth_outcome", "requests", "routes", "most_asked_route")
    assert only(ask(clickhouse, "auth_failures"), *columns) == [
        ("revoked", 1, 1, "/v1/files"),
        ("expired", 3, 2, "/v1/files"),
    ]
