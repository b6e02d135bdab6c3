"""Properties files: what Java reads from them is what was written."""

import re

from hypothesis import given
from hypothesis import strategies as st

from deploy.local.kafka.properties import properties

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def read_as_java(line: str) -> tuple[str, str]:
    """The name and value of a line that needs none but Unicode escapes."""
    name, _, value = line.partition("=")
    units = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), value)
    return name, units.encode("utf-16-be", "surrogatepass").decode("utf-16-be")


@given(st.dictionaries(st.from_regex(r"[a-z]+(\.[a-z]+)*", fullmatch=True), ANY_TEXT))
def test_every_value_comes_back_from_one_line_of_ascii(settings: dict[str, str]) -> None:
    lines = properties(settings).encode("ascii").decode().splitlines()
    assert dict(map(read_as_java, lines)) == settings


@given(ANY_TEXT)
def test_a_value_has_no_blank_that_java_would_skip_and_no_escape_but_of_unicode(value: str) -> None:
    written = properties({"name": value}).removeprefix("name=").removesuffix("\n")
    assert not re.search(r"\s", written)
    assert written.count("\\") == written.count("\\u")
