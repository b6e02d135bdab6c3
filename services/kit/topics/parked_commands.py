"""The command line of parked messages, for each service that reads topics: `… parked list|show|replay|discard`."""

from typing import Annotated

import typer
from aiokafka import AIOKafkaProducer

from services.kit.command_output import Json, output, say_json, say_note, say_rows
from services.kit.topics.parked_messages import ParkedMessage
from services.kit.topics.parked_opening import ServiceParked
from services.kit.topics.parked_work import ALL_AT_A_TIME, ParkedWork

# Whose messages they are is the context's object: whoever adds these commands to a service's puts it there.
app = typer.Typer(no_args_is_help=True, help="Messages that were refused for good: look, replay, discard.")
_COLUMNS = ("id", "parked (UTC)", "code", "reason", "bytes", "correlation id")
Ids = Annotated[list[str], typer.Argument(help="ids as `list` shows them")]


@app.command("list")
def list_messages(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, help="how many at most")] = 100,
    as_json: Json = False,
) -> None:
    """List parked messages, the oldest first."""

    async def listed(work: ParkedWork) -> None:
        found = await work.oldest(limit + 1)
        say_rows(_COLUMNS, [_line(each) for each in found[:limit]], as_json=as_json, prose=("reason",))
        if len(found) > limit:
            say_note(f"there are more than {limit}; `--limit` shows more")

    _of(context).run(listed)


@app.command()
def show(context: typer.Context, ids: Ids, *, as_json: Json = False) -> None:
    """Show messages with their keys, headers and bytes, whatever personal data may be among them."""

    async def shown(work: ParkedWork) -> None:
        for message in await work.named(ids):
            if as_json:
                say_json(_told(message))
            else:
                output.rule(str(message), style="dim")
                say_rows(("what", "of this message"), list(_told(message).items()), as_json=False)

    _of(context).run(shown)


@app.command()
def replay(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="ids as `list` shows them")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="all that are parked now and were kept whole")] = False,
) -> None:
    """Send messages again to the topics they came from, once what refused them is mended; then forget them."""
    if bool(ids) == every:
        raise typer.BadParameter("name ids, or say --all")

    async def replayed(work: ParkedWork, producer: AIOKafkaProducer) -> None:
        for name in ids or await work.names_of_whole(ALL_AT_A_TIME):
            await work.replay(name, producer)
            output.print(f"{name}: sent again", highlight=False, soft_wrap=True)

    _of(context).run_with_kafka(replayed)


@app.command()
def discard(
    context: typer.Context,
    ids: Ids,
    *,
    reason: Annotated[str, typer.Option(help="why they may go unanswered for good")],
) -> None:
    """Give messages up for good; the log and the WAL keep the reason."""
    if not reason.strip():
        raise typer.BadParameter("say why these messages may go unanswered for good", param_hint="--reason")

    async def discarded(work: ParkedWork) -> None:
        for name in ids:
            await work.discard(name, reason)
            output.print(f"{name}: discarded", highlight=False, soft_wrap=True)

    _of(context).run(discarded)


def _of(context: typer.Context) -> ServiceParked:
    parked: ServiceParked = context.obj
    return parked


def _line(message: ParkedMessage) -> tuple[object, ...]:
    parked_at = f"{message.parked_at:%Y-%m-%d %H:%M:%S}"
    return str(message), parked_at, message.code, message.reason, message.value_bytes, message.correlation_id


def _told(message: ParkedMessage) -> dict[str, object]:
    return {
        "id": str(message),
        "parked at": message.parked_at.isoformat(),
        "code": message.code,
        "reason": message.reason,
        "correlation id": message.correlation_id,
        "key": _text(message.message_key),
        "headers": {name: _text(value) for name, value in message.sent_headers},
        "bytes": message.value_bytes,
        "value": _text(message.message_value),
    }


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="backslashreplace")
