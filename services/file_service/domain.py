"""What a file is in the file service, free of any database."""

import enum


class FileStatus(enum.StrEnum):
    """What became of a file's newest version."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
