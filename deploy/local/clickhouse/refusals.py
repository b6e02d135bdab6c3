"""Statements that must not reach the engine: each would break the data directory, read files, or be half understood."""

from collections.abc import Iterator

from deploy.local.clickhouse.errors import NOT_IMPLEMENTED, SYNTAX_ERROR, ClickHouseError
from deploy.local.clickhouse.lexer import Kind, Text, Token, tokens

# chDB fails on ENGINE = Kafka and leaves metadata behind with which the directory never opens again. The others
# consume from elsewhere in the same way, and have no server here that would feed them.
STREAMING_ENGINES = frozenset(
    {"kafka", "rabbitmq", "nats", "s3queue", "azurequeue", "materializedpostgresql", "materializedmysql"}
)
START = Token(Kind.MARK, b"", 0, 0)
_CREATING = ("CREATE", "ATTACH", "REPLACE")


def refuse_unsafe(text: Text) -> None:
    """Raise ClickHouseError, naming the reason, for a statement that the engine must not see."""
    creating, before, previous = False, START, START
    stream = tokens(text)
    for token in stream:
        if token.text == b";":
            _refuse_second_statement(stream)
        _refuse_server_files(previous, token)
        _refuse_input(before, previous, token)
        creating = creating or token.is_word(*_CREATING)
        if creating and token.is_word("ENGINE"):
            _refuse_streaming_engine(stream)
        before, previous = previous, token


def _refuse_second_statement(rest: Iterator[Token]) -> None:
    if any(token.text != b";" for token in rest):
        raise ClickHouseError(SYNTAX_ERROR, "Multi-statements are not allowed: send one statement per request.")


def _refuse_server_files(previous: Token, token: Token) -> None:
    if (previous.is_word("FROM") and token.is_word("INFILE")) or (
        previous.is_word("INTO") and token.is_word("OUTFILE")
    ):
        raise ClickHouseError(NOT_IMPLEMENTED, "INFILE and OUTFILE belong to clickhouse-client: send the data itself.")


def _refuse_input(before: Token, previous: Token, token: Token) -> None:
    # chDB would take the data behind such a statement for SQL, and keep the part that happens to parse.
    if before.is_word("FROM") and previous.is_word("INPUT") and token.text == b"(":
        raise ClickHouseError(NOT_IMPLEMENTED, "FROM input(…) is refused: insert into a Null table with a view on it.")


def _refuse_streaming_engine(rest: Iterator[Token]) -> None:
    token = next(rest, None)
    if token is not None and token.text == b"=":
        token = next(rest, None)
    name = None if token is None else token.name
    if name is not None and name.casefold() in STREAMING_ENGINES:
        raise ClickHouseError(
            NOT_IMPLEMENTED, f"ENGINE = {name} is refused: the embedded engine can't consume streams. Use the cdc sink."
        )
