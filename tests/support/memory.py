"""How much memory a process has had."""

from pathlib import Path


def peak_bytes(pid: int) -> int:
    """The most memory that a process has had resident so far."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(kilobytes) * 1024
