"""The pace and the limits of capture, alike for every pipeline of a process."""

from dataclasses import dataclass

from cdc.source.slot import BatchLimits


@dataclass(frozen=True)
class Pace:
    """How often a pipeline does what, and how much it takes at once.

    batches: when a batch is sent; heartbeat_seconds: how often an idle database is written to; longest_wait_seconds:
    how long to wait at most before beginning again; shape_seconds: how often columns are compared; refused_in_a_row:
    refused changes of a table, none stored between, that stop a pipeline.
    """

    batches: BatchLimits
    heartbeat_seconds: float
    longest_wait_seconds: float
    shape_seconds: float
    refused_in_a_row: int
