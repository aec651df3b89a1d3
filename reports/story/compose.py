"""Makes a call's story of its evidence. Pure.

Where both durable records speak, CEL tells when and the journal tells why; what only one of them knows is told with
its name. Nothing is made up: what no record tells does not stand in the story.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callqueue.cel.conversations import Kind as TalkKind
from callqueue.cel.conversations import Talk
from callqueue.ledger.call_reading import AgentRing, CallEvidence, CallFacts
from callqueue.ledger.evidence import Gap, Ring
from callqueue.ledger.promise_store import Tried
from callqueue.ledger.stint import Outcome, Stint
from followups.cases.call_traces import CallTraces
from ivr.steps.steps import BEGAN, CallEnding, Kind, Step
from recordings.messages.messages import Message
from recordings.store import Recording
from reports.story.model import Event, Lane, Source, Story, Totals, What

SAME_RING_MS = 3000
"""Within it, the journal's ring and CEL's are one."""
WHERE_TALKED = {
    TalkKind.DIRECT: What.TALKED, TalkKind.TRANSFER: What.TOOK_OVER, TalkKind.CONSULTATION: What.CONSULTED,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one call."""

    ledger: CallEvidence
    steps: Sequence[Step] = ()
    recordings: Sequence[Recording] = ()
    messages: Sequence[Message] = ()
    traces: CallTraces = field(default_factory=CallTraces)
    called: str | None = None
    """The number that we called, of a call of our own."""
    transcribed: Mapping[str, int] = field(default_factory=dict)
    """Recording to the number of words that its transcript has."""

    @property
    def is_empty(self) -> bool:
        return self.ledger.is_empty and not self.steps and not self.recordings and not self.messages


def compose_story(evidence: Evidence, now_ms: int) -> Story:
    """The story; raises ValueError of a call that nothing is known of."""
    if evidence.is_empty:
        raise ValueError("no record knows the call")
    ledger = evidence.ledger
    events = sorted(_events(evidence), key=_order)
    own = next((one for one in ledger.attempts if one.channel_id == ledger.call_id), None)
    ended = _ended(evidence)
    during = [event.at_ms for event in events if event.lane is not Lane.PROMISES and event.what is not What.GAP]
    began = ledger.call.started_ms if ledger.call else min(during, default=now_ms)
    return Story(
        ledger.call_id, ledger.joined, _caller(evidence), began, ended, tuple(events), _totals(ledger, now_ms),
        promise=own.promise if own else None,
        asked_in=next((one.call_id for one in ledger.keeps if one.call_id != ledger.call_id), None),
        tells=evidence.traces.tells,
    )


def _order(event: Event) -> tuple[int, int, str, str]:
    """By time; what began in the same instant by lane, and always the same way."""
    last = event.what in {What.ENDED_BY_CALLER, What.ENDED_BY_US, What.CUT}
    return (event.at_ms, len(Lane) if last else list(Lane).index(event.lane), event.what, repr(event))


def _events(evidence: Evidence) -> Iterator[Event]:
    ledger = evidence.ledger
    yield from _call_events(evidence)
    for step in evidence.steps:
        yield from _step_event(step)
    for stint in ledger.stints:
        yield from _stint_events(stint, ledger)
    yield from _refusals(ledger)
    yield from _rings(ledger)
    for talk in ledger.talks:
        yield from _talk_events(talk, ledger.stints)
    for passed in ledger.transfers:
        what = What.HANDED_OVER if passed.attended else What.PASSED_ON
        yield Event(passed.at_ms, passed.at_ms, Lane.AGENTS, what, Source.CEL, agent=passed.agent, name=passed.target)
    yield from _sounds(evidence)
    yield from _promises(ledger)
    yield from _traces(evidence.traces)
    yield from map(_gap, ledger.gaps)


# -- the call itself

def _call_events(evidence: Evidence) -> Iterator[Event]:
    ledger = evidence.ledger
    own = next((one for one in ledger.attempts if one.channel_id == ledger.call_id), None)
    if own is not None:
        yield _called_out(own, ledger.call)
    elif ledger.call is not None:
        yield _moment(ledger.call.started_ms, Lane.CALL, What.CAME_IN, Source.CEL)
    elif evidence.steps and evidence.steps[0].result == BEGAN:
        yield _moment(_began_ms(evidence.steps[0]), Lane.CALL, What.CAME_IN, Source.STEPS)
    if own is not None and ledger.call is not None and ledger.call.picked_up_ms is not None:
        yield _moment(ledger.call.picked_up_ms, Lane.CALL, What.PICKED_UP, Source.CEL)
    for rescue in ledger.rescues:
        yield _moment(rescue.at * 1000, Lane.CALL, What.RESCUED, Source.JOURNAL, detail=rescue.reason)
    if ledger.call is not None and ledger.call.ended_ms is not None:
        yield _moment(ledger.call.ended_ms, Lane.CALL, _how_ended(ledger.call), Source.CEL)


def _called_out(own: Tried, call: CallFacts | None) -> Event:
    at, source = (call.started_ms, Source.CEL) if call else (own.at * 1000, Source.JOURNAL)
    return _moment(at, Lane.CALL, What.CALLED_OUT, source, name=own.purpose, key=str(own.number), detail=own.outcome,
                   queue=own.queue, reference=own.promise)


def _how_ended(call: CallFacts) -> What:
    if call.interrupted:
        return What.CUT
    return What.ENDED_BY_CALLER if call.hung_up_by_caller else What.ENDED_BY_US


def _ended(evidence: Evidence) -> int | None:
    """When it was over; without CEL, when the last that is known of it was."""
    ledger = evidence.ledger
    if ledger.call is not None:
        return ledger.call.ended_ms
    if any(stint.finished is None for stint in ledger.stints):
        return None
    ends = [stint.finished * 1000 for stint in ledger.stints if stint.finished is not None]
    ends += [round(step.at * 1000) for step in evidence.steps]
    ends += [one.started_ms + one.duration_ms for one in evidence.recordings]
    ends += [one.at * 1000 for one in ledger.refused] + [one.ended * 1000 for one in ledger.attempts
                                                          if one.channel_id == ledger.call_id and one.ended]
    return max(ends, default=None)


def _caller(evidence: Evidence) -> str | None:
    ledger = evidence.ledger
    known = [*(stint.caller for stint in ledger.stints), *(step.caller for step in evidence.steps),
             *(one.caller for one in ledger.refused), *(one.caller for one in evidence.messages), evidence.called,
             *(one.number for one in ledger.keeps)]
    return next((number for number in known if number), None)


def _totals(ledger: CallEvidence, now_ms: int) -> Totals:
    waits = [_wait_seconds(stint, now_ms) for stint in ledger.stints]
    talks = [talk for talk in ledger.talks if talk.kind is not TalkKind.CONSULTATION]
    unseen = [stint.talk for stint in ledger.stints if stint.talk and not _is_seen(stint, ledger.talks)]
    holds = sum(end - start for talk in talks for start, end in talk.holds) / 1000
    spoken = sum(talk.end - talk.start for talk in talks) / 1000 - holds + sum(unseen)
    return Totals(sum(waits) if waits else None, spoken if talks or unseen else None, holds if talks else None)


def _wait_seconds(stint: Stint, now_ms: int) -> float:
    if stint.wait_ms is not None:
        return stint.wait_ms / 1000
    return stint.wait if stint.wait is not None else max(0.0, now_ms / 1000 - stint.entered)


# -- menus

def _step_event(step: Step) -> Iterator[Event]:
    at, until = _began_ms(step), round(step.at * 1000)
    match step.kind:
        case Kind.CALL:
            if step.result != BEGAN:
                queue = step.name or None if step.result == CallEnding.QUEUED else None
                yield _moment(until, Lane.MENUS, What.LEFT_MENUS, Source.STEPS, detail=step.result, queue=queue)
        case Kind.MENU:
            yield Event(at, until, Lane.MENUS, What.MENU, Source.STEPS, name=step.name, key=step.key or None,
                        detail=step.result)
        case Kind.SPEECH:
            yield _moment(until, Lane.MENUS, What.UNDERSTOOD, Source.STEPS, name=step.name, key=step.key)
        case _:
            ending, _, result = step.result.partition(":")
            yield Event(at, until, Lane.MENUS, What.ACTION, Source.STEPS, name=step.kind, detail=ending,
                        more=" · ".join(part for part in (step.name, result) if part) or None)


def _began_ms(step: Step) -> int:
    """A call's last step has the length of the whole way; it is drawn as a moment anyway."""
    return round(step.at * 1000) - step.ms


# -- queues and agents

def _stint_events(stint: Stint, ledger: CallEvidence) -> Iterator[Event]:
    at, source = stint.entered * 1000, Source.JOURNAL
    length = stint.wait_ms if stint.wait_ms is not None else None if stint.wait is None else stint.wait * 1000
    yield Event(at, None if length is None else at + length, Lane.QUEUES, What.WAITED, source, queue=stint.queue,
                agent=stint.agent, detail=stint.outcome.value, more=stint.origin.value)
    if stint.outcome is not Outcome.ANSWERED or stint.answered is None or _is_seen(stint, ledger.talks):
        return
    if stint.spoke is False:
        yield _moment(stint.answered * 1000, Lane.AGENTS, What.NEVER_SPOKE, source, queue=stint.queue,
                      agent=stint.agent)
        return
    until = None if stint.finished is None else stint.finished * 1000
    yield Event(stint.answered * 1000, until, Lane.AGENTS, What.TALKED, source, queue=stint.queue, agent=stint.agent,
                detail=stint.ending.value if stint.ending else None)


def _is_seen(stint: Stint, talks: Iterable[Talk]) -> bool:
    """Whether CEL tells of the stint's conversation."""
    return any(talk.stint == (stint.channel_id, stint.number) for talk in talks)


def _refusals(ledger: CallEvidence) -> Iterator[Event]:
    for one in ledger.refused:
        yield _moment(one.at * 1000, Lane.QUEUES, What.REFUSED, Source.JOURNAL, queue=one.queue,
                      detail=one.reason.value)


def _rings(ledger: CallEvidence) -> Iterator[Event]:
    answered = {talk.channel_id for talk in ledger.talks}
    for ring in ledger.ringing:
        still = ring.end_ms is None
        what = What.RANG if still or ring.channel_id in answered else What.RANG_UNANSWERED
        yield Event(ring.start_ms, ring.end_ms, Lane.AGENTS, what, Source.CEL, agent=ring.agent)
    for one in ledger.rings:
        if not any(_is_same(one, ring) for ring in ledger.ringing):
            end = one.at * 1000
            yield Event(end - one.ring_ms, end, Lane.AGENTS, What.RANG_UNANSWERED, Source.JOURNAL, agent=one.agent,
                        queue=one.queue)


def _is_same(one: Ring, ring: AgentRing) -> bool:
    return (
        ring.agent == one.agent and ring.end_ms is not None and abs(ring.end_ms - one.at * 1000) <= SAME_RING_MS
    )


def _talk_events(talk: Talk, stints: Sequence[Stint]) -> Iterator[Event]:
    served = next((stint for stint in stints if talk.stint == (stint.channel_id, stint.number)), None)
    direct = served if talk.kind is TalkKind.DIRECT else None
    ending = direct.ending.value if direct and direct.ending else None
    yield Event(talk.start, talk.end, Lane.AGENTS, WHERE_TALKED[talk.kind], Source.CEL, agent=talk.agent,
                queue=direct.queue if direct else None, name=talk.partner, detail=ending)
    for start, end in talk.holds:
        yield Event(start, end, Lane.AGENTS, What.HELD, Source.CEL, agent=talk.agent)


# -- what is kept, and what was promised

def _sounds(evidence: Evidence) -> Iterator[Event]:
    boxes = {one.recording_id: one.box for one in evidence.messages}
    for kept in evidence.recordings:
        box = boxes.pop(kept.id, None)
        what = What.RECORDED if box is None else What.MESSAGE
        words = evidence.transcribed.get(kept.id)
        yield Event(kept.started_ms, kept.started_ms + kept.duration_ms, Lane.SOUND, what, Source.STORE, name=box,
                    detail="damaged" if kept.damaged else None, more=None if words is None else str(words),
                    reference=kept.id)
    for mask in evidence.ledger.masks:
        yield Event(mask.start, mask.end, Lane.SOUND, What.MASKED, Source.JOURNAL, agent=mask.agent, detail=mask.why,
                    more=mask.by)
    for message in evidence.messages:
        if message.recording_id is None or message.recording_id in boxes:
            yield _moment(message.taken_ms, Lane.SOUND, What.MESSAGE, Source.STORE, name=message.box)


def _promises(ledger: CallEvidence) -> Iterator[Event]:
    given = {one.promise for one in ledger.asked}
    for asked in ledger.asked:
        yield _moment(asked.at * 1000, Lane.PROMISES, What.CALLBACK_ASKED, Source.JOURNAL, queue=asked.queue,
                      name=asked.channel, reference=asked.promise)
    for tried in ledger.attempts:
        if tried.promise in given and tried.channel_id != ledger.call_id:
            until = None if tried.ended is None else tried.ended * 1000
            yield Event(tried.at * 1000, until, Lane.PROMISES, What.CALLBACK_TRIED, Source.JOURNAL,
                        key=str(tried.number), detail=tried.outcome, reference=tried.channel_id)
    for settled in ledger.settled:
        yield _moment(settled.at * 1000, Lane.PROMISES, What.CALLBACK_CLOSED, Source.JOURNAL, detail=settled.result,
                      reference=settled.promise)


def _traces(traces: CallTraces) -> Iterator[Event]:
    for linked in traces.cases:
        yield _moment(linked.linked_ms, Lane.PROMISES, What.CASE, Source.STORE, name=linked.case.subject,
                      detail=linked.case.state.value, reference=linked.case.code)
    for heard in traces.heard:
        yield _moment(heard.heard_ms, Lane.PROMISES, What.RESULT_HEARD, Source.STORE, detail=heard.answer,
                      reference=heard.code)
    for survey in traces.surveys:
        answers = " · ".join(f"{question}: {key}" for question, key in survey.answers.items())
        yield Event(survey.asked_ms, survey.ended_ms, Lane.PROMISES, What.SURVEYED, Source.STORE, name=survey.survey,
                    more=answers or None)


def _gap(gap: Gap) -> Event:
    until = None if gap.ended is None else gap.ended * 1000
    return Event(gap.started * 1000, until, Lane.CALL, What.GAP, Source.JOURNAL, detail=gap.kind.value,
                 more=gap.detail or None)


def _moment(at_ms: int, lane: Lane, what: What, source: Source, **facts: str | None) -> Event:
    return Event(at_ms, at_ms, lane, what, source, **facts)
