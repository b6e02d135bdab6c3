"""The letter box in a real ClickHouse: what is asked of some keys is answered of these, whatever they are made of."""

from clickhouse_connect.driver import Client

from cdc.catalog.declared import service_catalog
from cdc.dead_letters.letter import Letter, key_of
from cdc.dead_letters.letter_box import oldest_open, write
from cdc.rowbinary import row_head

FILES = service_catalog("file").by_name["public", "files"]
ODD = ["", "'", "\\", "\\'", "a\nb\tc", "𝄞 é", "[']", "NULL", "\x01", 'say "so"']
MANY = [f"{number}-{'x' * 100}" for number in range(2_000)]


def letter(key: str, lsn: int) -> Letter:
    row = row_head(b"c", lsn, 1, 7, 1_795_386_489_638_575)
    return Letter("file", "files", (key,), ("file_id",), row, refused=True, reason="ill")


def test_the_oldest_letter_of_each_key_asked_for_is_told_and_of_no_other(clickhouse: Client) -> None:
    letters = {(key, lsn): letter(key, lsn) for key in [*ODD, *MANY] for lsn in (10, 20)}
    write(clickhouse, list(letters.values()))
    asked = [*ODD, *MANY[::2], "no letter has it"]
    found = dict(oldest_open(clickhouse, FILES, (key_of((key,)) for key in asked)))
    assert found == {letters[key, 10].key: letters[key, 10].head.version for key in asked[:-1]}
    assert not dict(oldest_open(clickhouse, FILES, []))
