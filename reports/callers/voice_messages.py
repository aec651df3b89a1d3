"""The report of voice messages and call-back requests: taken, heard, closed, and how long they lay."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from callqueue.metrics import Passport, Unit
from callqueue.metrics.arithmetic import nearest_rank
from callqueue.metrics.passports import EXACT, MEASURED
from foundation.calendars import Interval, Step, iso, split
from recordings.messages.messages import Course, Message, MessageState, Wanted, message_courses
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


@dataclass(slots=True)
class MessageTally:
    """What messages add up to. Pure; lengths in milliseconds."""

    taken: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    heard: list[int] = field(default_factory=list)
    """How long each lay until it was heard."""
    closed: list[int] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    """Of those with sound."""
    oldest_ms: int | None = None
    """When the first was taken of those that are not closed."""

    def add(self, one: Course) -> None:
        self.taken += 1
        self.kinds[one.kind] += 1
        self.states[one.state] += 1
        if one.heard_ms is not None:
            self.heard.append(one.heard_ms - one.taken_ms)
        if one.closed_ms is not None:
            self.closed.append(one.closed_ms - one.taken_ms)
        if one.duration_ms:
            self.lengths.append(one.duration_ms)
        if one.state != MessageState.CLOSED:
            self._lies(one.taken_ms)

    def join(self, other: "MessageTally") -> None:
        self.taken += other.taken
        self.kinds.update(other.kinds)
        self.states.update(other.states)
        self.heard += other.heard
        self.closed += other.closed
        self.lengths += other.lengths
        if other.oldest_ms is not None:
            self._lies(other.oldest_ms)

    def _lies(self, taken_ms: int) -> None:
        self.oldest_ms = taken_ms if self.oldest_ms is None else min(self.oldest_ms, taken_ms)

    def figures(self, now: int) -> dict[str, float | None]:
        """Every figure by its id; `now` in epoch seconds."""
        heard, closed, kinds, states = sorted(self.heard), sorted(self.closed), self.kinds, self.states
        return {
            "messages_taken": self.taken, "messages_spoken": kinds[Kind.VOICE_MESSAGE],
            "messages_requests": kinds[Kind.CALLBACK_REQUEST], "messages_lost": kinds[Kind.LOST_CALLER],
            "messages_new": states[MessageState.NEW], "messages_heard_only": states[MessageState.HEARD],
            "messages_closed": states[MessageState.CLOSED],
            "messages_heard_p50": _seconds_at(heard, 50), "messages_heard_p90": _seconds_at(heard, 90),
            "messages_closed_p50": _seconds_at(closed, 50), "messages_closed_p90": _seconds_at(closed, 90),
            "messages_oldest": None if self.oldest_ms is None else now - self.oldest_ms / SECOND_MS,
            "messages_length": _seconds_at(sorted(self.lengths), 50),
        }


def _seconds_at(ordered: Sequence[int], percent: int) -> float | None:
    found = nearest_rank(ordered, percent)
    return None if found is None else found / SECOND_MS


def tally_messages(messages: Iterable[Course], pieces: Sequence[Interval]) -> list[dict[str, MessageTally]]:
    """By box, in each of the pieces; together these hold all messages."""
    starts = [piece.start * SECOND_MS for piece in pieces]
    found = [defaultdict[str, MessageTally](MessageTally) for _ in pieces]
    for message in messages:
        found[bisect_right(starts, message.taken_ms) - 1][message.box].add(message)
    return [dict(sorted(boxes.items())) for boxes in found]


async def build(context: Context, parameters: Parameters) -> Sheet:
    interval, step = parameters.interval, parameters[STEP]
    wanted = Wanted(parameters[BOX], since_ms=interval.start * SECOND_MS, until_ms=interval.end * SECOND_MS)
    async with context.main() as main:
        courses = await message_courses(main, wanted)
        lying = await read_messages(main, replace(wanted, open=True), most=MOST_LYING)
    pieces, total = split(interval, step, context.zone, parameters.calendar), MessageTally()
    rows = []
    for piece, boxes in zip(pieces, tally_messages(courses, pieces), strict=True):
        for box, tally in boxes.items():
            total.join(tally)
            rows.append(_row(piece, box, tally, context, step))
    whole = total.figures(context.now)
    rows.append(Row({"from": iso(interval.start, context.zone), "box": None, **whole},
                    {"from": context.teller.moment(interval.start), "box": context.texts("column.all")},
                    bold=True, total=True))
    stepped = step is not Step.NONE
    balanced = total.taken == sum(whole[name] or 0 for name in (
        "messages_new", "messages_heard_only", "messages_closed"))
    columns = [
        Column("from", "column.time", moment=True, aside=not stepped), Column("box", "column.box"),
        *(Column(name, f"figure.{name}", each.unit) for name, each in PASSPORTS.items()),
    ]
    return Sheet(
        "voice-messages", "report.voice-messages.title", interval, context.now, context.zone, columns, rows, PASSPORTS,
        chart=Chart(Look.LINE if stepped else Look.BAR, "from" if stepped else "box",
                    ("messages_taken", "messages_new", "messages_closed"), "box" if stepped else None),
        further=(_lying(lying, context),),
        balanced=balanced,
        balance=context.texts("report.voice-messages.balanced" if balanced else "report.voice-messages.unbalanced",
                              count=total.taken),
    )


REPORT = Report("voice-messages", Group.CALLERS, build, (BOX, STEP))


def _row(piece: Interval, box: str, tally: MessageTally, context: Context, step: Step) -> Row:
    cells: dict[str, Cell] = {"from": iso(piece.start, context.zone), "box": box}
    title = _title(box, context)
    return Row({**cells, **tally.figures(context.now)},
               {"from": context.teller.start(piece.start, step), "box": title})


def _lying(lying: Sequence[Message], context: Context) -> Section:
    """Those that are not closed, the oldest first."""
    columns = (
        Column("taken", "column.taken", moment=True), Column("box", "column.box"), Column("kind", "column.kind"),
        Column("caller", "column.caller", phone=True), Column("state", "column.state"),
        Column("lies", "figure.messages_oldest", Unit.SECONDS),
    )
    return Section("open", "report.voice-messages.open", columns, [_open_row(each, context) for each in lying])


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
