"""What is said of a name that nothing is called by."""

from services.kit.names import not_called


def test_a_name_that_is_nearly_one_is_answered_with_that_one() -> None:
    said = not_called("service", "Content_", ["content", "file"])
    assert said == "no service is called 'Content_' (did you mean content?); there are content, file"


def test_a_name_like_no_other_is_answered_with_all_there_are() -> None:
    assert not_called("service", "zzz", ["content", "file"]) == "no service is called 'zzz'; there are content, file"
    assert not_called("part", "x", []) == "no part is called 'x'; there are none"
