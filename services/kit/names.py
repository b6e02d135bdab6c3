"""Names that people type: what is raised for one that nothing is called by."""


class UnknownNameError(LookupError):
    """Nothing is called so; the message lists what is."""
