"""A correction written as its writer wrote the word: in capitals, with a capital, with their kind of apostrophe."""

_STRAIGHT, _CURLY = "'", "\u2019"


def written_like(correction: str, original: str) -> str:
    """The correction in the case of the original; where that is lower case, a name keeps its capital."""
    if _CURLY in original:
        correction = correction.replace(_STRAIGHT, _CURLY)
    if original.isupper() and sum(character.isalpha() for character in original) > 1:
        return correction.upper()
    if original[:1].isupper():
        return correction[:1].upper() + correction[1:]
    return correction
