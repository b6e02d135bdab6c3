"""What the scenes of the demo share: the batch they work on, how far they are, and what has come out so far."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from rich.progress import Progress


@dataclass
class Outcome:
    """What was done, counted, and what is worth looking at afterwards."""

    counts: Counter[str] = field(default_factory=Counter)
    not_taken: list[str] = field(default_factory=list)
    ranking: list[str] = field(default_factory=list)
    # The file whose life is worth showing, and an instant before it went on.
    eventful_file: str = ""
    before_the_changes: datetime | None = None


@dataclass(frozen=True)
class Stage:
    """What is handed from one scene to the next; each adds to the outcome."""

    batch: str
    progress: Progress
    outcome: Outcome = field(default_factory=Outcome)
