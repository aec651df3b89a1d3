"""The fold: journal events and the stints open before them give stints, refusals, rings and the rest.

Pure: it knows neither files nor databases. A `Ledger` lives for one batch of lines of one journal: it is filled with
what the database knows of the batch's channels and with every open stint, takes the events in order, and its
`changes` are then stored. The rules are those of METRICS ("Evidence", "Words", "The ledger").
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from callqueue.journal.events import (
    Abandoned,
    AgentDid,
    CallbackAttempted,
    CallbackClosed,
    CallbackEnded,
    CallbackRequested,
    Connected,
    Entered,
    EntryRefused,
    Event,
    HoldChanged,
    LeftByKey,
    LeftEmpty,
    MaskBegun,
    MaskEnded,
    PageLost,
    RangNoAnswer,
    Rescued,
    Started,
    StintSaid,
    Stopping,
    TalkEnded,
    TimedOut,
    WaitEnded,
    Withdrawn,
)
from callqueue.ledger.changes import (
    Changes,
    Key,
    Place,
    changed_stint,
    infer_origin,
    is_open,
    is_waiting,
    lacks_wait_end,
)
from callqueue.ledger.evidence import AgentEvent, Gap, GapKind, Mark, Marker, Refused, Rescue, Ring
from callqueue.ledger.stint import Ending, Outcome, Stint

OUTCOME_OF: dict[type[Any], Outcome] = {
    Abandoned: Outcome.ABANDONED,
    TimedOut: Outcome.TIMED_OUT,
    LeftEmpty: Outcome.LEFT_EMPTY,
    Withdrawn: Outcome.WITHDRAWN,
    LeftByKey: Outcome.LEFT_BY_KEY,
}
OURS_WHEN_STOPPING = {Outcome.ABANDONED, Outcome.TIMED_OUT, Outcome.LEFT_EMPTY, Outcome.WITHDRAWN}
"""Ends of waiting that an orderly stop brings about; a key was pressed by the caller even then."""


class Ledger:
    """One batch's fold.

    Args:
        known: every open stint of the journal, and all stints of the channels that the batch names.
        pending: STINT facts whose stint has not been opened yet.
        stopping: whether an orderly stop was under way before the first event.
        last_at: instant of the last line before the batch, None when there is none.
    """

    def __init__(
        self, known: Iterable[Stint] = (), pending: Iterable[StintSaid] = (), *, stopping: bool = False,
        last_at: int | None = None,
    ) -> None:
        self.changes = Changes()
        self.pending = {said.channel_id: said for said in pending}
        """STINT facts that wait for their ENTERQUEUE."""
        self.pending_before = dict(self.pending)
        self.stopping = stopping
        self.last_at = last_at
        self._of_channel: dict[str, dict[int, Stint]] = {}
        self._talking: dict[tuple[str, str], dict[Key, None]] = {}
        self.before: dict[Key, Stint] = {}
        """The stints of `known`, as they were."""
        for stint in sorted(known, key=lambda stint: (stint.answered or 0, stint.number)):
            self._place(stint)
            self.before[stint.channel_id, stint.number] = stint
        self._handlers: dict[type[Any], Callable[[Any, Place], bool]] = {
            StintSaid: self._on_stint_said, EntryRefused: self._on_refused, Entered: self._on_entered,
            CallbackRequested: self._on_callback_requested, Connected: self._on_connected,
            TalkEnded: self._on_talk_ended, PageLost: self._on_page_lost,
            RangNoAnswer: self._on_rang, AgentDid: self._on_agent_did,
            HoldChanged: self._on_hold_changed, MaskBegun: self._on_mask_changed, MaskEnded: self._on_mask_changed,
            Rescued: self._on_rescued,
            Started: self._on_started, Stopping: self._on_stopping,
            **dict.fromkeys(OUTCOME_OF, self._on_wait_ended),
            **dict.fromkeys((CallbackAttempted, CallbackEnded, CallbackClosed), self._on_callback),
        }

    def before_of(self, keys: Iterable[Key]) -> dict[Key, Stint]:
        """Those of these stints that were known, as they were."""
        return {key: self.before[key] for key in keys if key in self.before}

    def take(self, event: Event, place: Place) -> bool:
        """Fold one event. False: it speaks of a stint that no line has opened (an orphan)."""
        handler = self._handlers.get(type(event))
        taken = handler(event, place) if handler else True
        self.last_at = event.at
        return taken

    def pass_over(self, event: Event) -> None:
        """An event that was folded before: only what the following ones need to know of it."""
        if isinstance(event, Started | Stopping):
            self.stopping = isinstance(event, Stopping)
        self.last_at = event.at

    # -- stints at hand

    def _place(self, stint: Stint) -> None:
        self._of_channel.setdefault(stint.channel_id, {})[stint.number] = stint
        if stint.agent is None:
            return
        talking = self._talking.setdefault((stint.queue, stint.agent), {})
        key = (stint.channel_id, stint.number)
        if is_open(stint):
            talking[key] = None
        else:
            talking.pop(key, None)

    def _change(self, stint: Stint, **values: Any) -> None:
        changed = changed_stint(stint, ended_by_cel=False, **values)
        self._place(changed)
        self.changes.stints[changed.channel_id, changed.number] = changed

    def _waiting(self, channel_id: str, queue: str) -> Stint | None:
        found = None
        for stint in self._of_channel.get(channel_id, {}).values():
            if stint.queue == queue and is_waiting(stint):
                found = stint
        last = self._last(channel_id)
        if found is None and last is not None and last.queue == queue and lacks_wait_end(last):
            return last
        return found

    def _talk(self, event: TalkEnded) -> Stint | None:
        """The conversation that ended: of the channel, or, when a masquerade changed its id, of the agent."""
        keys = self._talking.get((event.queue, event.agent), {})
        own = [key for key in keys if key[0] == event.channel_id]
        if not own and (last := self._last(event.channel_id)) is not None and last.ended_by_cel:
            return last if (last.queue, last.agent) == (event.queue, event.agent) else None
        for channel_id, number in own or keys:
            return self._of_channel[channel_id][number]
        return None

    def _last(self, channel_id: str) -> Stint | None:
        stints = self._of_channel.get(channel_id)
        return stints[max(stints)] if stints else None

    # -- entering

    def _on_stint_said(self, event: StintSaid, _place: Place) -> bool:
        self.pending[event.channel_id] = event
        return True

    def _take_pending(self, channel_id: str, queue: str) -> StintSaid | None:
        said = self.pending.get(channel_id)
        if said is None or said.queue != queue:
            return None
        return self.pending.pop(channel_id)

    def _on_refused(self, event: EntryRefused, _place: Place) -> bool:
        said = self._take_pending(event.channel_id, event.queue)
        self.changes.refusals.append(Refused(
            event.at, event.queue, event.reason, event.channel_id, event.call_id,
            said.caller if said else None, said.number if said else 0, said.origin if said else None,
        ))
        return True

    def _on_entered(self, event: Entered, place: Place) -> bool:
        before = self._last(event.channel_id)
        if before is not None and is_waiting(before):
            self._lose_end(before, event.at)
        said = self._take_pending(event.channel_id, event.queue)
        number = max(said.number if said else 0, before.number + 1 if before else 1)
        stint = Stint(
            call_id=said.call_id if said else before.call_id if before else event.channel_id,
            channel_id=event.channel_id, number=number, queue=event.queue,
            origin=said.origin if said else infer_origin(before), entered=event.at,
            caller=said.caller if said else event.caller, promise=said.promise if said else None,
        )
        self._place(stint)
        self.changes.stints[stint.channel_id, number] = stint
        self.changes.opened[stint.channel_id, number] = replace(place, position=event.position)
        return True

    def _lose_end(self, stint: Stint, at: int) -> None:
        """A channel waits in one queue at a time: the end of its earlier waiting was never written."""
        self._interrupt(stint, at)
        detail = f"queue {stint.queue}: the journal has no end of the waiting that began {stint.entered}"
        self.changes.gaps.append(Gap(GapKind.JOURNAL_LOST, stint.entered, at, stint.call_id, detail))

    # -- leaving

    def _on_wait_ended(self, event: WaitEnded, _place: Place) -> bool:
        stint = self._waiting(event.channel_id, event.queue)
        if stint is None:
            return self._refine_callback(event)
        outcome = OUTCOME_OF[type(event)]
        if self.stopping and outcome in OURS_WHEN_STOPPING:
            outcome = Outcome.INTERRUPTED
        self._change(stint, outcome=outcome, wait=_wait(event, stint), finished=event.at)
        return True

    def _refine_callback(self, event: WaitEnded) -> bool:
        """The key press that follows the asking for a callback; otherwise the first terminal line has won."""
        last = self._last(event.channel_id)
        if last is None or last.queue != event.queue:
            return False
        asked = last.outcome is Outcome.LEFT_FOR_CALLBACK and isinstance(event, LeftByKey)
        if asked and event.wait is not None and event.wait != last.wait:
            self._change(last, wait=event.wait)
        return True

    def _on_callback_requested(self, event: CallbackRequested, _place: Place) -> bool:
        self.changes.callbacks.append(event)
        last = self._last(event.channel_id)
        if last is None:
            return True
        promise = event.promise or last.promise
        if lacks_wait_end(last):
            wait = max(0, event.at - last.entered)
            self._change(last, outcome=Outcome.LEFT_FOR_CALLBACK, wait=wait, finished=event.at, promise=promise)
        elif last.outcome is Outcome.LEFT_BY_KEY:
            self._change(last, outcome=Outcome.LEFT_FOR_CALLBACK, promise=promise)
        return True

    def _on_callback(self, event: CallbackAttempted | CallbackEnded | CallbackClosed, _place: Place) -> bool:
        self.changes.callbacks.append(event)
        return True

    # -- talking

    def _on_connected(self, event: Connected, _place: Place) -> bool:
        stint = self._waiting(event.channel_id, event.queue)
        if stint is None:
            return False
        self._change(
            stint, outcome=Outcome.ANSWERED, agent=event.agent, answered=event.at, wait=_wait(event, stint),
            agent_channel_id=event.agent_channel_id, finished=None,
        )
        return True

    def _on_talk_ended(self, event: TalkEnded, _place: Place) -> bool:
        stint = self._talk(event) or self._answer_unwritten(event)
        if stint is None:
            return self._was_answered_by(event)
        talk = event.talk if event.talk is not None else max(0, event.at - (stint.answered or event.at))
        ending = event.ending
        if self.stopping and ending is not Ending.TRANSFER:
            ending = Ending.INTERRUPTED
        self._change(stint, talk=talk, finished=event.at, ending=ending)
        return True

    def _on_page_lost(self, event: PageLost, _place: Place) -> bool:
        """Asterisk has written, or is about to write, that the caller hung up: it took him out of the conversation."""
        stint = self._last(event.channel_id)
        if stint is None:
            return False
        if (stint.queue, stint.agent) != (event.queue, event.agent):
            return True  # he had been passed on before
        if is_open(stint):
            self._interrupt(stint, event.at)
        elif stint.ending is Ending.CALLER:
            self._change(stint, ending=Ending.INTERRUPTED)
        return True

    def _answer_unwritten(self, event: TalkEnded) -> Stint | None:
        """The CONNECT line was lost, but who ended a conversation had begun it."""
        stint = self._waiting(event.channel_id, event.queue)
        if stint is None:
            return None
        answered = max(stint.entered, event.at - (event.talk or 0))
        wait = event.wait if event.wait is not None else answered - stint.entered
        detail = f"queue {stint.queue}: the journal has no CONNECT of the conversation with {event.agent}"
        self.changes.gaps.append(Gap(GapKind.JOURNAL_LOST, stint.entered, event.at, stint.call_id, detail))
        self._change(stint, outcome=Outcome.ANSWERED, agent=event.agent, answered=answered, wait=wait)
        return self._of_channel[stint.channel_id][stint.number]

    def _was_answered_by(self, event: TalkEnded) -> bool:
        """A second terminal line (ATTENDEDTRANSFER, then COMPLETEAGENT): the first has won."""
        return any(
            stint.queue == event.queue and stint.agent == event.agent
            for stint in self._of_channel.get(event.channel_id, {}).values()
        )

    # -- agents and the whole of Asterisk

    def _on_rang(self, event: RangNoAnswer, _place: Place) -> bool:
        self.changes.rings.append(Ring(event.at, event.queue, event.agent, event.channel_id, event.ring_ms))
        return True

    def _on_agent_did(self, event: AgentDid, _place: Place) -> bool:
        self.changes.agent_events.append(
            AgentEvent(event.at, event.agent, event.deed, event.queue, event.reason, event.interface))
        return True

    def _on_hold_changed(self, event: HoldChanged, _place: Place) -> bool:
        self.changes.holds.append(event)
        return True

    def _on_mask_changed(self, event: MaskBegun | MaskEnded, _place: Place) -> bool:
        self.changes.masks.append(event)
        return True

    def _on_rescued(self, event: Rescued, _place: Place) -> bool:
        self.changes.rescues.append(Rescue(event.at, event.channel_id, event.call_id, event.reason))
        return True

    def _on_stopping(self, event: Stopping, _place: Place) -> bool:
        self.stopping = True
        self.changes.markers.append(Marker(event.at, Mark.STOPPING, event.who))
        return True

    def _on_started(self, event: Started, _place: Place) -> bool:
        for stints in list(self._of_channel.values()):
            for stint in list(stints.values()):
                if is_open(stint) and stint.entered <= event.at:
                    self._interrupt(stint, event.at)
        self.pending.clear()
        if self.last_at is not None and self.last_at < event.at:
            how = "after an orderly stop" if self.stopping else "without an orderly stop"
            self.changes.gaps.append(Gap(GapKind.DOWN, self.last_at, event.at, detail=f"Asterisk began again {how}"))
        self.stopping = False
        self.changes.markers.append(Marker(event.at, Mark.START))
        return True

    def _interrupt(self, stint: Stint, at: int) -> None:
        if is_waiting(stint):
            self._change(stint, outcome=Outcome.INTERRUPTED, wait=max(0, at - stint.entered), finished=at)
        else:
            talk = max(0, at - (stint.answered if stint.answered is not None else at))
            self._change(stint, talk=talk, finished=at, ending=Ending.INTERRUPTED)


def _wait(event: WaitEnded | Connected, stint: Stint) -> int:
    return event.wait if event.wait is not None else max(0, event.at - stint.entered)
