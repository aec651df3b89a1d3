"""What a supervisor asks of the floor: refused by name, or done with a trace in the audit log and the journal."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent_softphone import supervisor_messages as messages
from agent_softphone.supervisor_desk import SupervisorDesk
from agent_softphone.supervisor_office import Supervisor
from agent_softphone.supervisor_refusals import (
    AlreadyOnShiftError,
    EmptyMessageError,
    NoTelephoneError,
    NotOnShiftError,
    NotPermittedModeError,
    NotRungError,
    NotTalkingError,
    OwnTelephoneError,
    ShiftLengthError,
    TelephoneAwayError,
    UnknownMessageError,
)
from agent_softphone.supervisor_shift_desk import ShiftDesk
from agent_softphone.supervisor_shifts import Due, Shift, due
from agent_softphone.supervisor_spy import Mode
from callqueue.agents.refusals import AlreadyLoggedInError, UnknownAgentError
from callqueue.agents.sessions import read_session
from callqueue.queues.refusals import NotWaitingError
from foundation.web.audit_log import Wanted, read_audit
from tests.support.manager import Fields, event, respond
from tests.support.queue_site import QueueSite, queue_site

LALE = Supervisor("lale", "lale", frozenset({"supervisor"}), "a102", "10.0.0.9")


@dataclass
class Place:
    site: QueueSite
    floor: SupervisorDesk
    shifts: ShiftDesk

    async def audited(self) -> list[tuple[str, str, str]]:
        entries = await read_audit(self.site.main, Wanted())
        return [(entry.act.actor, entry.act.action, entry.act.subject) for entry in reversed(entries)]

    def speaks(self, agent: str, application: str = "AppQueue", number: int = 1) -> None:
        self.site.asterisk.channels.append(event(
            "CoreShowChannel", Channel=f"PJSIP/{agent}-0000000{number}", ChannelState="6", BridgeId="b1",
            Uniqueid=f"u{number}", Linkedid="call-1", Application=application,
        ))

    def told(self, action: str) -> list[Fields]:
        return [fields for fields in self.site.manager.actions if fields["Action"] == action]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with queue_site(tmp_path) as site:
        floor = SupervisorDesk(site.settings, site.main, site.link, site.clock)
        yield Place(site, floor, ShiftDesk(floor))


Ask = Callable[[Place], Awaitable[object]]
MINE = replace(LALE, agent=None)

REFUSED: list[tuple[Ask, type[Exception]]] = [
    (lambda place: place.floor.join("a9", Mode.LISTEN, LALE), UnknownAgentError),
    (lambda place: place.floor.join("a101", Mode.LISTEN, LALE), NotTalkingError),
    (lambda place: place.floor.join("a102", Mode.LISTEN, LALE), OwnTelephoneError),
    (lambda place: place.floor.join("a101", Mode.LISTEN, MINE), NoTelephoneError),
    (lambda place: place.floor.join("a101", Mode.BARGE, replace(LALE, roles=frozenset({"manager"}))),
     NotPermittedModeError),
    (lambda place: place.floor.tell("a101", "  ", LALE), EmptyMessageError),
    (lambda place: place.floor.pick_up("u9", MINE), NoTelephoneError),
    (lambda place: place.floor.pick_up("u9", LALE), TelephoneAwayError),
    (lambda place: place.floor.move("u9", 1, LALE), NotWaitingError),
    (lambda place: place.shifts.begin(1, LALE), ShiftLengthError),
    (lambda place: place.shifts.begin(61, LALE), ShiftLengthError),
    (lambda place: place.shifts.end(LALE), NotOnShiftError),
]


@pytest.mark.parametrize(("ask", "refusal"), REFUSED)
async def test_what_may_not_be_is_refused_and_leaves_no_trace(
    place: Place, ask: Ask, refusal: type[Exception],
) -> None:
    with pytest.raises(refusal):
        await ask(place)
    assert place.site.asterisk.journal == []
    assert await place.audited() == []


async def test_his_telephone_is_rung_once_the_audit_log_has_it(place: Place) -> None:
    place.speaks("a101", "Dial", 2)
    place.speaks("a101")
    spied = await place.floor.join("a101", Mode.WHISPER, LALE)
    assert spied.channel == "PJSIP/a101-00000001"
    (rung,) = place.told("Originate")
    assert (rung["Channel"], rung["Context"], rung["Exten"]) == ("PJSIP/a102", "pasokh-supervise", "whisper")
    assert "PASOKH_SPIED=PJSIP/a101-00000001" in rung["Variable"]
    assert "PASOKH_SUPERVISOR=lale" in rung["Variable"]
    assert await place.audited() == [("lale", "floor.whisper", "a101")]


async def test_a_telephone_that_asterisk_will_not_ring_is_told(place: Place) -> None:
    place.speaks("a101")
    place.site.manager.answers["originate"] = lambda fields: respond(fields, "Error", "Extension does not exist.")
    with pytest.raises(NotRungError):
        await place.floor.join("a101", Mode.LISTEN, LALE)


async def test_nothing_that_could_be_dialplan_is_given_to_asterisk(place: Place) -> None:
    place.speaks("a101")
    with pytest.raises(ValueError, match="does not look like"):
        await place.floor.join("a101", Mode.LISTEN, replace(LALE, id="l,PASOKH_SPIED=x"))
    assert not place.told("Originate")


async def test_a_forced_pause_is_the_supervisors_act(place: Place) -> None:
    await place.floor.agents.log_in("a101")
    place.site.asterisk.journal.clear()
    await place.floor.pause("a101", "break", LALE)
    await place.floor.unpause("a101", LALE)
    await place.floor.log_out("a101", LALE)
    forced = [line for line in place.site.asterisk.journal if "FORCED" in line]
    assert forced == [
        "NONE|a101|FORCED|lale|pause|break", "NONE|a101|FORCED|lale|unpause|", "NONE|a101|FORCED|lale|log-out|",
    ]
    assert "NONE|a101|AGENT_LOGOUT|lale" in place.site.asterisk.journal
    assert await place.audited() == [("lale", f"floor.{deed}", "a101") for deed in ("pause", "unpause", "log-out")]


async def test_a_picked_up_caller_is_marked_before_he_is_withdrawn(place: Place) -> None:
    place.site.asterisk.waiting.append({
        "Queue": "medical", "Position": "1", "Channel": "PJSIP/trunk-1", "Uniqueid": "u1", "Priority": "0",
    })
    place.site.manager.answers["getvar"] = lambda fields: respond(fields, "Success", "Yes", "Value: NOT_INUSE")
    await place.floor.pick_up("u1", LALE)
    names = [fields["Action"] for fields in place.site.manager.actions]
    assert names.index("Setvar") < names.index("QueueWithdrawCaller")
    (marked,) = place.told("Setvar")
    assert (marked["Channel"], marked["Variable"], marked["Value"]) == ("PJSIP/trunk-1", "PASOKH_PICKUP", "a102")
    assert "medical|a102|PICKED_UP|lale" in place.site.asterisk.journal
    assert await place.audited() == [("lale", "floor.pick-up", "u1")]


async def test_a_message_lies_there_until_its_own_agent_has_read_it(place: Place) -> None:
    sent = await place.floor.tell("a101", " hello ", LALE)
    async with place.site.main.read() as connection:
        assert [one.text for one in await messages.unread(connection, "a101")] == ["hello"]
        assert (await messages.pictures(connection))["pasokh/messages/a101"]["unread"] == 1
    async with place.site.main.write() as connection:
        with pytest.raises(UnknownMessageError):
            await messages.mark_read(connection, sent.id, "a102", 1)
        await messages.mark_read(connection, sent.id, "a101", 1)
        with pytest.raises(UnknownMessageError):
            await messages.mark_read(connection, sent.id, "a101", 2)
        assert await messages.pictures(connection) == {}


async def test_a_shift_ends_by_itself_and_only_once(place: Place) -> None:
    await place.shifts.begin(30, LALE)
    with pytest.raises(AlreadyOnShiftError):
        await place.shifts.begin(30, LALE)
    assert await place.shifts.end_all() == []
    place.site.clock.now += 30 * 60
    (ended,) = await place.shifts.end_all()
    assert (ended.agent, ended.user) == ("a102", "lale")
    assert await place.shifts.end_all() == []
    assert [line for line in place.site.asterisk.journal if "LOGOUT" in line] == ["NONE|a102|AGENT_LOGOUT|shift"]


async def test_who_logs_in_anew_after_his_shift_stays(place: Place) -> None:
    await place.shifts.begin(30, LALE)
    place.site.clock.now += 60
    await place.floor.agents.log_out("a102", "a102")
    place.site.clock.now += 60
    await place.floor.agents.log_in("a102")
    place.site.clock.now += 3600
    assert await place.shifts.end_all() == []
    async with place.site.main.read() as connection:
        assert await read_session(connection, "a102") is not None


async def test_who_is_at_work_already_begins_no_shift(place: Place) -> None:
    await place.floor.agents.log_in("a102")
    with pytest.raises(AlreadyLoggedInError):
        await place.shifts.begin(30, LALE)
    place.site.clock.now += 3600
    assert await place.shifts.end_all() == []


SHIFT = Shift("a102", "lale", 1_000_000, 2_000_000)


@pytest.mark.parametrize(("shift", "session_ms", "now_ms", "wanted"), [
    (SHIFT, None, 1_005_000, Due.NOTHING),
    (SHIFT, None, 1_020_000, Due.CLOSE),
    (SHIFT, 1_000_100, 1_500_000, Due.NOTHING),
    (SHIFT, 1_000_100, 2_000_000, Due.LOG_OUT),
    (SHIFT, 900_000, 2_000_000, Due.CLOSE),
    (replace(SHIFT, session_ms=1_000_100), 1_000_100, 2_000_000, Due.LOG_OUT),
    (replace(SHIFT, session_ms=1_000_100), 1_700_000, 2_000_000, Due.CLOSE),
    (replace(SHIFT, session_ms=1_000_100), None, 1_005_000, Due.CLOSE),
])
def test_a_kill_at_any_step_of_a_shift_leaves_nobody_logged_in_without_end(
    shift: Shift, session_ms: int | None, now_ms: int, wanted: Due,
) -> None:
    assert due(shift, session_ms, now_ms) is wanted
