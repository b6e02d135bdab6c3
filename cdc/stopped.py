"""What is raised where something that takes long is given up because capture is to stop."""


class StoppedError(RuntimeError):
    """Capture was told to stop; the message says what was given up."""
