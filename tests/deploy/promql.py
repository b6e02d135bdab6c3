"""As much of PromQL as is needed to tell which series and labels an expression asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_GROUPING = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"(?<![\w:.])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(\s*\()?")
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORDS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})


@dataclass(frozen=True)
class Asked:
    """The samples that an expression asks for, each with the labels it is chosen by, and the labels it groups by."""

    chosen: tuple[tuple[str, frozenset[str]], ...]
    grouped: frozenset[str]

    def unknown(self, known: Mapping[str, frozenset[str]]) -> list[str]:
        """What of it nobody declares: names of samples, and labels of them."""
        missing = [name for name, _ in self.chosen if name not in known]
        missing += [f"{name}{{{label}}}" for name, labels in self.chosen for label in labels - known.get(name, labels)]
        there = frozenset[str]().union(*(known.get(name, frozenset()) for name, _ in self.chosen))
        return missing + sorted(self.grouped - there)


def asked(expression: str) -> Asked:
    """What an expression asks for."""
    grouped = {label.strip() for _, labels in _GROUPING.findall(expression) for label in labels.split(",")}
    rest = re.sub(r"\[[^\]]*\]", "", _GROUPING.sub("", expression))
    chosen = [
        (name, frozenset(_MATCHER.findall(matchers)))
        for name, matchers, call in _SELECTOR.findall(rest)
        if not call and name.lower() not in _WORDS
    ]
    return Asked(tuple(chosen), frozenset(grouped - {""}))


def result_labels(expression: str) -> frozenset[str]:
    """The labels of a recorded aggregation, without `le`, which histogram_quantile takes away."""
    [(_, labels), *_] = _GROUPING.findall(_TEXT.sub("", expression))
    return frozenset(label.strip() for label in labels.split(",")) - {"le"}
