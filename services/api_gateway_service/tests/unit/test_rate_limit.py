"""What a limit is in numbers."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api_gateway_service.rate_limit import Decision, Limit


@given(requests=st.integers(1, 1_000_000), seconds=st.integers(1, 86_400))
def test_the_whole_limit_fits_into_a_burst_and_one_more_never_does(requests: int, seconds: int) -> None:
    limit = Limit(requests, timedelta(seconds=seconds))
    assert requests * limit.interval_us == limit.burst_us
    assert (requests + 1) * limit.interval_us > limit.burst_us
    # Rounding makes the rate no higher, and lower by less than a microsecond a request.
    assert 0 <= limit.burst_us - seconds * 1_000_000 < requests


@pytest.mark.parametrize(("milliseconds", "seconds"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)])
def test_whoever_comes_back_after_whole_seconds_is_not_too_early(milliseconds: int, seconds: int) -> None:
    decision = Decision(admitted=False, wait=timedelta(milliseconds=milliseconds), decided_at=timedelta(0))
    assert decision.retry_after == seconds
