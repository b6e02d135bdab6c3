"""Splits SQL into tokens as ClickHouse does, so that no comment or literal is mistaken for a keyword."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

Text = bytes | bytearray


class Kind(Enum):
    """What a token is; BROKEN is a quote or comment without its end."""

    WORD = "word"
    QUOTED_NAME = "quoted_name"
    STRING = "string"
    MARK = "mark"
    BROKEN = "broken"


class Token(NamedTuple):
    """One token and where it stands."""

    kind: Kind
    text: bytes
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these keywords, in any case."""
        return self.kind is Kind.WORD and self.text.decode("ascii").upper() in words

    @property
    def name(self) -> str | None:
        """The identifier this token spells, quotes and escapes resolved; None if it is no identifier."""
        if self.kind is Kind.WORD:
            return self.text.decode("ascii")
        if self.kind is Kind.QUOTED_NAME:
            return _unquoted(self.text)
        return None


# Bytes beyond ASCII outside quotes are Unicode spaces to ClickHouse, or an error.
_TOKEN = re.compile(
    rb"""
    (?P<blank>  (?: [\x00-\x20] | (?!\xe2\x80[\x98\x9c])[\x80-\xff] )+ | (?:--|//|\#[ !])[^\n]* )
  | (?P<nested> /\* )
  | (?P<string> '(?:[^'\\]++|\\.|'')*+' | \xe2\x80\x98.*?\xe2\x80\x99 | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
  | (?P<quoted_name> "(?:[^"\\]++|\\.|"")*+" | `(?:[^`\\]++|\\.|``)*+` | \xe2\x80\x9c.*?\xe2\x80\x9d )
  | (?P<broken> ['"`].* )
  | (?P<word> [A-Za-z0-9_][A-Za-z0-9_$]* )
  | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\(.)", re.DOTALL)
_CURLY_QUOTE_BYTES = 3


def tokens(text: Text) -> Iterator[Token]:
    """Each token of `text`; spaces and comments are left out."""
    position = 0
    while found := _TOKEN.match(text, position):
        group = str(found.lastgroup)
        start, position = found.span()
        if group == "nested":
            end = _comment_end(text, start)
            position = end or len(text)
            if end is None:
                yield Token(Kind.BROKEN, bytes(text[start:]), start, position)
        elif group != "blank":
            # A heredoc's inner group `tag` closes before `string` does, so lastgroup never names it.
            yield Token(Kind(group), bytes(found.group()), start, position)


def _comment_end(text: Text, start: int) -> int | None:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge.group() == b"/*" else -1
        if depth == 0:
            return edge.end()
    return None


def _unquoted(quoted: bytes) -> str:
    edge = _CURLY_QUOTE_BYTES if quoted[0] > 0x7F else 1
    inner = quoted[edge:-edge].decode("utf-8", "replace")
    inner = inner.replace(chr(quoted[0]) * 2, chr(quoted[0]))
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], inner)
