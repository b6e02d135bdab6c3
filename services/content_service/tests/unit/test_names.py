"""Ids of contents, names of tags and media types: what is taken as it is, what is cleaned, what is refused."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.content_service.names import (
    ANY_BYTES,
    LONGEST_TAG_NAME,
    clean_tag_name,
    is_content_id,
    mime_type_of,
    new_content_id,
)


def test_new_ids_are_ids_and_never_the_same() -> None:
    ids = {new_content_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(is_content_id(each) for each in ids)


@pytest.mark.parametrize(
    "text", ["", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "a" * 31 + "\n", "a" * 32 + "\n", "٣" * 32]
)
def test_what_is_no_content_id_is_known(text: str) -> None:
    assert not is_content_id(text)


@given(st.text())
def test_a_clean_tag_name_stays_as_it_is(text: str) -> None:
    try:
        name = clean_tag_name(text)
    except ValueError:
        return
    assert clean_tag_name(name) == name
    assert 1 <= len(name) <= LONGEST_TAG_NAME
    assert unicodedata.is_normalized("NFC", name)


def test_a_tag_name_is_composed_and_freed_of_space_around_it() -> None:
    assert clean_tag_name("  Bjo\N{COMBINING DIAERESIS}rn 7 ") == "Björn 7"


@pytest.mark.parametrize("text", ["", "  ", "x" * 101, "a\nb", "a\0b", "a\u2028b", "\ud800"])
def test_a_tag_name_that_nobody_could_read_back_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a tag's name"):
        clean_tag_name(text)


@pytest.mark.parametrize(
    "header",
    [
        "text/plain",
        "text/plain; charset=utf-8",
        'text/plain;charset="utf-8" ; format=flowed',
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ],
)
def test_a_media_type_is_kept_as_it_was_said(header: str) -> None:
    assert mime_type_of(f" {header} ") == header


@pytest.mark.parametrize("header", [None, ""])
def test_bytes_of_which_nobody_says_the_type_are_just_bytes(header: str | None) -> None:
    assert mime_type_of(header) == ANY_BYTES


@pytest.mark.parametrize(
    "header", ["text", "text/", "/plain", "text/pl ain", "text/plain; charset", "text/plain\r\nX: y", "x/" + "y" * 254]
)
def test_what_is_no_media_type_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="no media type"):
        mime_type_of(header)


@pytest.mark.parametrize("header", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_form_is_no_content(header: str) -> None:
    with pytest.raises(ValueError, match="form"):
        mime_type_of(header)
