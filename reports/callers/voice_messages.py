"""The report of voice messages and call-back requests: taken, heard, closed, and how long they lay."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import nearest_rank
from callqueue.metrics.passports import EXACT, MEASURED
from foundation.calendars import Interval, Step, iso, split
from recordings.messages.messages import Message, MessageState, Wanted
from recordings.messages.messages import messages as read_messages
from recordings.messages.spoken import Kind
from reports.frame.parameters import STEP, Parameters, word
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Cell, Chart, Column, Look, Row, Section, Sheet

SECOND_MS = 1000
EVIDENCE = "messages"
PASSPORTS: Mapping[str, Passport] = {each.id: each for each in (
    Passport("messages_taken", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_spoken", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_requests", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_lost", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_new", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_heard_only", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_closed", Unit.COUNT, EVIDENCE, EXACT),
    Passport("messages_heard_p50", Unit.SECONDS, EVIDENCE, MEASURED),
    Passport("messages_heard_p90", Unit.SECONDS, EVIDENCE, MEASURED),
    Passport("messages_closed_p50", Unit.SECONDS, EVIDENCE, MEASURED),
    Passport("messages_closed_p90", Unit.SECONDS, EVIDENCE, MEASURED),
    Passport("messages_oldest", Unit.SECONDS, EVIDENCE, MEASURED),
    Passport("messages_length", Unit.SECONDS, EVIDENCE, MEASURED),
)}
BOX = word("box")
MOST_LYING = 500


def message_figures(messages: Sequence[Message], now: int) -> dict[str, float | None]:
    """Every figure by its id; `now` in epoch seconds. Pure."""
    heard = sorted((each.heard_ms - each.taken_ms) / SECOND_MS for each in messages if each.heard_ms is not None)
    closed = sorted((each.closed_ms - each.taken_ms) / SECOND_MS for each in messages if each.closed_ms is not None)
    lying = [now - each.taken_ms / SECOND_MS for each in messages if each.state != MessageState.CLOSED]
    lengths = sorted(each.duration_ms / SECOND_MS for each in messages if each.duration_ms)

    kinds, states = Counter(each.kind for each in messages), Counter(each.state for each in messages)
    return {
        "messages_taken": len(messages), "messages_spoken": kinds[Kind.VOICE_MESSAGE],
        "messages_requests": kinds[Kind.CALLBACK_REQUEST], "messages_lost": kinds[Kind.LOST_CALLER],
        "messages_new": states[MessageState.NEW], "messages_heard_only": states[MessageState.HEARD],
        "messages_closed": states[MessageState.CLOSED],
        "messages_heard_p50": nearest_rank(heard, 50), "messages_heard_p90": nearest_rank(heard, 90),
        "messages_closed_p50": nearest_rank(closed, 50), "messages_closed_p90": nearest_rank(closed, 90),
        "messages_oldest": max(lying, default=None), "messages_length": nearest_rank(lengths, 50),
    }


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, step = parameters.interval, parameters[STEP]
    wanted = Wanted(parameters[BOX], since_ms=interval.start * SECOND_MS, until_ms=interval.end * SECOND_MS)
    async with context.main() as main:
        messages = await read_messages(main, wanted)
    pieces = split(interval, step, context.zone, parameters.calendar)
    rows = [
        _row(piece, box, of_box, context, step)
        for piece, of_piece in zip(pieces, _by_piece(messages, pieces), strict=True)
        for box, of_box in _by_box(of_piece)
    ]
    whole = message_figures(messages, context.now)
    rows.append(Row({"from": iso(interval.start, context.zone), "box": None, **whole},
                    {"from": context.teller.moment(interval.start), "box": context.texts("column.all")},
                    bold=True, total=True))
    stepped = step is not Step.NONE
    balanced = len(messages) == sum(whole[name] or 0 for name in (
        "messages_new", "messages_heard_only", "messages_closed"))
    columns = [
        Column("from", "column.time", moment=True, aside=not stepped), Column("box", "column.box"),
        *(Column(name, f"figure.{name}", each.unit) for name, each in PASSPORTS.items()),
    ]
    return Sheet(
        "voice-messages", "report.voice-messages.title", interval, context.now, context.zone, columns, rows, PASSPORTS,
        chart=Chart(Look.LINE if stepped else Look.BAR, "from" if stepped else "box",
                    ("messages_taken", "messages_new", "messages_closed"), "box" if stepped else None),
        further=(_lying(messages, context),),
        balanced=balanced,
        balance=context.texts("report.voice-messages.balanced" if balanced else "report.voice-messages.unbalanced",
                              count=len(messages)),
    )


REPORT = Report("voice-messages", Group.CALLERS, build, (BOX, STEP))


def _by_piece(messages: Iterable[Message], pieces: Sequence[Interval]) -> list[list[Message]]:
    """Together the pieces hold all messages."""
    starts, found = [piece.start for piece in pieces], [list[Message]() for _ in pieces]
    for message in messages:
        found[bisect_right(starts, message.taken_ms // SECOND_MS) - 1].append(message)
    return found


def _by_box(messages: Iterable[Message]) -> Iterable[tuple[str, Sequence[Message]]]:
    found: defaultdict[str, list[Message]] = defaultdict(list)
    for message in messages:
        found[message.box].append(message)
    return sorted(found.items())


def _row(piece: Interval, box: str, messages: Sequence[Message], context: Context, step: Step) -> Row:
    cells: dict[str, Cell] = {"from": iso(piece.start, context.zone), "box": box}
    title = _title(box, context)
    return Row({**cells, **message_figures(messages, context.now)},
               {"from": context.teller.start(piece.start, step), "box": title})


def _lying(messages: Sequence[Message], context: Context) -> Section:
    """Those that are not closed, the oldest first."""
    columns = (
        Column("taken", "column.taken", moment=True), Column("box", "column.box"), Column("kind", "column.kind"),
        Column("caller", "column.caller", phone=True), Column("state", "column.state"),
        Column("lies", "figure.messages_oldest", Unit.SECONDS),
    )
    lying = sorted((each for each in messages if each.state != MessageState.CLOSED), key=lambda each: each.taken_ms)
    return Section("open", "report.voice-messages.open", columns, [
        _open_row(each, context) for each in lying[:MOST_LYING]
    ])


def _open_row(message: Message, context: Context) -> Row:
    number = message.callback_number or message.caller
    taken = message.taken_ms / SECOND_MS
    caller = f"…{number[-4:]}" if number else None
    cells: dict[str, Cell] = {
        "taken": iso(message.taken_ms // SECOND_MS, context.zone), "box": message.box, "kind": message.kind,
        "caller": caller, "state": message.state,
        "lies": max(0.0, context.now - taken),
    }
    shown = {"taken": context.teller.moment(taken), "box": _title(message.box, context),
             "kind": context.texts(f"message.kind.{message.kind}"),
             "state": context.texts(f"message.state.{message.state}")}
    return Row(cells, shown, links={"": {"call": message.call_id}})


def _title(box: str, context: Context) -> str:
    known = context.settings.boxes
    return known[box].title.get(context.texts.language, box) if box in known else box
