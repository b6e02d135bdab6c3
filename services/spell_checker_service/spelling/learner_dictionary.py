"""Errors that learners of a language commonly make, with what they mean: a small list beside each dictionary."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from services.spell_checker_service.domain import Language


@cache
def learner_dictionary(language: Language) -> Mapping[str, str]:
    """From each common error, in lower case, to its correction."""
    listed = files(__package__).joinpath(f"learner_errors_{language.value}.tsv").read_text(encoding="utf-8")
    return {row["error"]: row["correction"] for row in csv.DictReader(listed.splitlines(), delimiter="\t")}
