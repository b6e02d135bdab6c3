"""Names of files: from what an uploader's computer calls them to what is kept, and back into a download's header."""

import re
import unicodedata
from urllib.parse import quote

from werkzeug.http import dump_options_header

LONGEST_FILENAME = 255
NOT_IN_A_NAME = frozenset({"Cc", "Cs", "Zl", "Zp"})
FOLDERS_BEFORE_THE_NAME = re.compile(r"^.*[/\\]", re.DOTALL)


def clean_filename(sent: str | None) -> str:
    """The name without folders, composed (NFC); ValueError says why a name cannot be kept."""
    name = unicodedata.normalize("NFC", FOLDERS_BEFORE_THE_NAME.sub("", sent or "")).strip()
    if name in {"", ".", ".."}:
        raise ValueError("the file has no name; send one, such as essay.txt")
    if len(name) > LONGEST_FILENAME:
        raise ValueError(f"the file's name has {len(name)} characters; at most {LONGEST_FILENAME} are kept")
    if any(unicodedata.category(character) in NOT_IN_A_NAME for character in name):
        raise ValueError("the file's name holds control characters or broken Unicode; rename it")
    return name


def attachment_header(filename: str) -> str:
    """The Content-Disposition under which a browser saves the file by its name and never displays it."""
    if filename.isascii():
        return dump_options_header("attachment", {"filename": filename})
    return dump_options_header("attachment", {"filename*": f"UTF-8''{quote(filename, safe='')}"})
