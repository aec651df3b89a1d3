"""Who passes callers on, who gets them, and who asks colleagues, in numbers that can be added. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from callqueue.cel.conversations import Kind, Talk
from callqueue.ledger.stint import Ending, Origin, Outcome, Stint
from callqueue.metrics.counted import Counted, Words, counted_of

COLUMNS = ("answered", "unanswered", "transfers", "transfers_in", "transfers_received", "transfer_talk_ms",
           "consultations", "consultation_ms")
"""By queue, and agent where he answered; conversations by agent alone: the queue's word is empty."""
DAY_MS = 86_400_000


def with_news(talks: Iterable[Talk]) -> Iterator[tuple[Talk, bool]]:
    """Transfers and consultations, each with whether it is a further caller: one who comes back on the same channel
    within a day is none. So give those of the day before, too.
    """
    last: dict[tuple[str, str], int] = {}
    for talk in sorted(talks, key=lambda each: (each.start, each.channel_id)):
        if talk.kind is Kind.DIRECT:
            continue
        key = (talk.call_id, talk.channel_id)
        before = last.get(key)
        if talk.kind is Kind.TRANSFER:
            last[key] = talk.start
        yield talk, before is None or before <= talk.start - DAY_MS


def tally_passing(stints: Iterable[Stint], talks: Iterable[tuple[Talk, bool]]) -> Counted:
    """Of the stints that entered in a time, and of the talks `with_news` that began in it."""
    found: defaultdict[Words, Counter[str]] = defaultdict(Counter)
    for stint in stints:
        _add_stint(found, stint)
    for talk, is_new in talks:
        _add_talk(found["", talk.agent], talk, is_new=is_new)
    return counted_of(found, COLUMNS)


def _add_stint(found: defaultdict[Words, Counter[str]], stint: Stint) -> None:
    answered = stint.outcome is Outcome.ANSWERED
    row = found[stint.queue, stint.agent or "" if answered else ""]
    row["answered" if answered else "unanswered"] += 1
    row["transfers"] += answered and stint.ending is Ending.TRANSFER
    row["transfers_in"] += stint.origin is Origin.TRANSFER


def _add_talk(row: Counter[str], talk: Talk, *, is_new: bool) -> None:
    length = talk.end - talk.start
    if talk.kind is Kind.TRANSFER:
        row["transfers_received"] += is_new
        row["transfer_talk_ms"] += length
    else:
        row["consultations"] += 1
        row["consultation_ms"] += length
