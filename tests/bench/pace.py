"""The pace of capture where a measurement puts its parts together by itself: that of `cdc/settings.py`."""

from cdc.source.slot import BatchLimits

BATCH_ROWS = 40_000
LIMITS = BatchLimits(seconds=0.02, rows=BATCH_ROWS, bytes=32 << 20)
