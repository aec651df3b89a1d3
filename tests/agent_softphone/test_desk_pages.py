"""The agent's desk by HTTP: his state, the call's card, what is noted and done, work beside calls."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from agent_softphone.desk.calls import DeskCall, begin_call, find_call
from agent_softphone.desk.keeper import Keeper, wrapping_up
from agent_softphone.desk.refusals import DeskFilesWrongError
from agent_softphone.web.desk_seat import site_book
from callqueue.agents.sessions import begin_wrap_up, read_session
from callqueue.ledger.tables import STINT
from callqueue.outbound.model import Channel, OutboundCall, Result, State
from callqueue.outbound.store import change_call, insert_call
from callqueue.outbound.store import find_call as find_promise
from callqueue.work_plan.book import import_plan
from callqueue.work_plan.file import read_plan_file
from followups.cases.actor import Actor
from followups.cases.case import Case, Deed, ToldBy
from followups.cases.case import Channel as CaseChannel
from followups.cases.contacts import Address, Person
from followups.cases.office import case_office
from followups.cases.opening import NewCase
from followups.cases.store import events_of, load_case
from followups.telling.store import begin_telling, change_telling
from foundation.gateway_tables import sms_outbox
from foundation.settings import Agent
from foundation.web.audit_log import Wanted, read_audit
from foundation.web.roles import Role
from tests.support.desk_site import CALL_ID, NUMBER, DeskSite, desk_settings, desk_site, instant
from tests.support.manager import respond
from tests.support.waiting import eventually

A101 = "PJSIP/a101"
CLERK = Actor("clerk")
TEHRAN = ZoneInfo("Asia/Tehran")
WORKING_TIMES = """\
agent,day,from,to,activity,reason
a101,2026-11-22,08:00,16:00,work,
a101,2026-11-22,12:00,12:30,break,lunch
a101,2026-11-23,22:00,06:00,work,
a102,2026-11-22,09:00,17:00,absent,
"""


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[DeskSite]:
    async with desk_site(tmp_path) as made:
        await made.fill()
        yield made


async def sara(site: DeskSite) -> httpx.AsyncClient:
    client = await site.pages.client(Role.AGENT, user_id="sara", agent="a101", language="en")
    client.headers["hx-request"] = "true"
    return client


async def omid(site: DeskSite) -> httpx.AsyncClient:
    client = await site.pages.client(Role.AGENT, user_id="omid", agent="a102", language="en")
    client.headers["hx-request"] = "true"
    return client


def said(answer: httpx.Response) -> str:
    return str(json.loads(answer.headers["hx-trigger"])["toast"]["text"])


async def talking(site: DeskSite, client: httpx.AsyncClient) -> str:
    """The call's card, in conversation."""
    await site.show_call("talking")
    return (await client.get("/desk/call")).text


async def noted(site: DeskSite) -> DeskCall:
    async with site.pages.web.database.read() as connection:
        found = await find_call(connection, CALL_ID, "a101")
    assert found
    return found


async def test_only_agents_of_the_site_have_a_desk(site: DeskSite) -> None:
    for role in (Role.MANAGER, Role.AUDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR):
        assert (await (await site.pages.client(role)).get("/desk")).status_code == 403
    unlinked = await site.pages.client(Role.AGENT, user_id="newcomer")
    assert "desk" in (await unlinked.get("/desk?lang=en")).text
    assert (await unlinked.get("/desk/state")).status_code == 403
    assert "Desk" in (await (await sara(site)).get("/desk")).text


async def test_an_agent_goes_online_pauses_and_is_ready_again(site: DeskSite) -> None:
    client = await sara(site)
    assert (await client.post("/desk/sign-in")).status_code == 204
    assert site.asterisk.states(A101) == {"operator": "free", "insurance": "free", "pensions": "free"}
    await client.post("/desk/pause", data={"reason": "lunch"})
    assert set(site.asterisk.states(A101).values()) == {"lunch"}
    await site.show(state="paused", reason="lunch")
    state = (await client.get("/desk/state")).text
    assert "Paused" in state
    assert "lunch" in state
    assert said(await client.post("/desk/pause", data={"reason": "holiday"})).startswith("there is no pause reason")
    await client.post("/desk/ready")
    assert set(site.asterisk.states(A101).values()) == {"free"}
    await client.post("/desk/sign-out")
    assert site.asterisk.states(A101) == {}
    assert site.asterisk.journal[-1] == "NONE|a101|AGENT_LOGOUT|sara"


async def test_asterisk_that_is_away_is_said_in_clear_words(site: DeskSite) -> None:
    client = await sara(site)
    site.manager.secret = "changed"
    site.manager.cut()

    async def is_away() -> bool:
        return not site.exchange.is_up

    await eventually(is_away, "the link is down")
    assert "does not answer" in (await client.get("/desk/state")).text
    for wish in ("sign-in", "mask"):
        answer = await client.post(f"/desk/{wish}")
        assert answer.status_code == 503
        assert "does not answer" in said(answer)


async def test_a_secret_is_kept_out_of_the_recording_and_who_did_so_is_written_down(site: DeskSite) -> None:
    client = await sara(site)
    await site.show_call("talking")
    assert "/desk/mask" in (await client.get("/desk/state")).text
    assert said(await client.post("/desk/mask")) == "Nothing is recorded now"
    muted = await site.manager.received("MixMonitorMute", 1)
    assert [(one["Channel"], one["Direction"], one["State"]) for one in muted] == [("PJSIP/a101-00000002", "both", "1")]
    assert site.variables["PASOKH_MASKED"].endswith(" a101 sara")
    await site.show_call("talking", masked_seconds=90)
    state = (await client.get("/desk/state")).text
    assert ("/desk/unmask" in state, "/desk/mask" in state) == (True, False)
    refused = await (await omid(site)).post("/desk/unmask")
    assert (refused.status_code, said(refused)) == (409, "a102 speaks with no caller; there is no recording to mask.")
    assert said(await client.post("/desk/unmask")) == "The recording goes on."
    assert site.variables["PASOKH_MASKED"] == ""
    lines = [line.split("|")[:3] for line in site.asterisk.journal]
    assert lines == [["NONE", "a101", "MASKED"], ["NONE", "a101", "UNMASKED"]]
    acts = [(one.act.action, one.act.actor, one.act.subject) for one in await read_audit(
        site.pages.web.database, Wanted(action="recording"))]
    assert acts == [("recording.unmasked", "sara", CALL_ID), ("recording.masked", "sara", CALL_ID)]


async def test_a_ringing_call_shows_who_calls_and_how_he_came(site: DeskSite) -> None:
    client = await sara(site)
    assert "No call on the desk" in (await client.get("/desk/call")).text
    await site.show_call("ringing")
    card = (await client.get("/desk/call")).text
    for part in (NUMBER, "Insurance", "Identity proved", "Pick up the handset", "answered", "Voice message"):
        assert part in card
    assert "<textarea" not in card
    other = await (await omid(site)).get("/desk/call")
    assert NUMBER not in other.text


async def test_a_call_that_ends_while_it_is_looked_up_has_its_card_all_the_same(site: DeskSite) -> None:
    client, over = await sara(site), []
    known = site.manager.answers["getvar"]

    def on_getvar(fields: dict[str, str]) -> bytes | None:
        over.append(asyncio.ensure_future(site.show()))
        return known(fields)

    site.manager.answers["getvar"] = on_getvar
    await site.show_call("ringing")
    card = await client.get("/desk/call")
    assert card.status_code == 200
    assert NUMBER in card.text
    await asyncio.gather(*over)
    assert "No call on the desk" in (await client.get("/desk/call")).text


async def test_a_site_may_mask_numbers(tmp_path: Path) -> None:
    async with desk_site(tmp_path) as site:
        folder = site.pages.web.home.root / "desk"
        folder.mkdir()
        (folder / "dispositions.yaml").write_text("numbers: masked\n")
        card = await talking(site, await sara(site))
        assert "***890" in card
        assert NUMBER not in card


async def test_notes_are_kept_as_they_are_typed_and_late_ones_change_nothing(site: DeskSite) -> None:
    client = await sara(site)
    await talking(site, client)
    for typed, notes in ((20, "two months are missing"), (10, "two")):
        answer = await client.post(f"/desk/calls/{CALL_ID}/notes", data={"notes": notes, "typed": str(typed)})
        assert answer.status_code == 204
    assert (await noted(site)).notes == "two months are missing"
    assert "two months are missing" in (await client.get("/desk/call")).text
    assert (await (await omid(site)).post(f"/desk/calls/{CALL_ID}/notes", data={"notes": "x"})).status_code == 404


async def test_without_the_calls_result_nobody_is_ready_again(site: DeskSite) -> None:
    client = await sara(site)
    await client.post("/desk/sign-in")
    await talking(site, client)
    await site.show(state="wrap-up", reason="wrap-up")
    clock = site.pages.clock
    async with site.pages.web.database.write() as connection:
        await begin_wrap_up(connection, "a101", clock() / 1000, clock() / 1000 + 20)
    keeper = Keeper(site.exchange, lambda: site_book(site.pages.web.home))
    await keeper.look(site.pages.web, wrapping_up(site.pages.web.live.pictures))
    async with site.pages.web.database.read() as connection:
        session = await read_session(connection, "a101")
    assert session
    assert session.wrap_up_until
    assert session.wrap_up_until > clock() / 1000 + 3600
    assert "Choose the call" in (await client.get("/desk/state")).text
    refused = await client.post("/desk/ready")
    assert refused.status_code == 409
    assert "result" in said(refused)
    assert (await client.post(f"/desk/calls/{CALL_ID}/settle", data={"disposition": "nonsense"})).status_code == 400
    done = await client.post(f"/desk/calls/{CALL_ID}/settle", data={
        "disposition": "answered", "subject": "insurance-records", "notes": "explained", "typed": "5", "ready": "yes"})
    assert done.status_code == 204
    assert set(site.asterisk.states(A101).values()) == {"free"}
    call = await noted(site)
    assert (call.disposition, call.subject, call.notes) == ("answered", "insurance-records", "explained")
    assert (await client.post("/desk/ready")).status_code == 204


async def test_a_result_without_going_on_leaves_the_rest_of_the_wrap_up(site: DeskSite) -> None:
    client = await sara(site)
    await client.post("/desk/sign-in")
    await talking(site, client)
    now = site.pages.clock() / 1000
    async with site.pages.web.database.write() as connection:
        await begin_wrap_up(connection, "a101", now, now + 40_000)
    await site.show(state="wrap-up", reason="wrap-up")
    await client.post(f"/desk/calls/{CALL_ID}/settle", data={"disposition": "answered"})
    async with site.pages.web.database.read() as connection:
        session = await read_session(connection, "a101")
    assert session
    assert session.wrap_up_until == pytest.approx(now + 20, abs=1)


async def test_a_call_that_no_queue_gave_has_a_card_a_result_and_a_wrap_up_that_waits_for_it(site: DeskSite) -> None:
    client = await sara(site)
    await client.post("/desk/sign-in")
    site.variables.clear()
    site.variables["PASOKH_NUMBER"] = "09351234567"  # whom he has called
    call = {"call_id": CALL_ID, "queue": "", "since": instant(site.pages.clock()), "number": "***567"}
    async with site.pages.web.ledger.write() as connection:
        await connection.execute(STINT.delete())
    await site.show(state="talking", call=call)
    card = (await client.get("/desk/call")).text
    assert "Not from a queue" in card
    assert "09351234567" in card
    assert (await held_until(site)) > site.pages.clock() / 1000 + 3600  # from the beginning
    done = await client.post(f"/desk/calls/{CALL_ID}/settle", data={"disposition": "answered", "notes": "rang him"})
    assert done.status_code == 204
    assert await held_until(site) == 0
    call = {**call, "call_id": "another.1"}
    site.variables.clear()
    await site.show(state="talking", call=call)
    async with site.pages.web.database.write() as connection:
        await begin_call(connection, DeskCall("another.1", "a101", "", "09351234567", "fa", False, None, 9))
    assert "rang him" in (await client.get("/desk/call")).text


async def held_until(site: DeskSite) -> float:
    async with site.pages.web.database.read() as connection:
        session = await read_session(connection, "a101")
    assert session
    return session.wrap_up_until or 0


async def test_a_queue_or_calls_without_one_may_do_without_a_result(tmp_path: Path) -> None:
    async with desk_site(tmp_path) as site:
        folder = site.pages.web.home.root / "desk"
        folder.mkdir()
        (folder / "dispositions.yaml").write_text("without_queue: {required: false, dispositions: [answered]}\n")
        book = site_book(site.pages.web.home)
        assert (book.rule("").required, book.rule("").offered) == (False, ("answered",))
        assert book.rule("insurance").required
        (folder / "dispositions.yaml").write_text("without_queue: {dispositions: [nosuch]}\n")
        with pytest.raises(DeskFilesWrongError):
            site_book(site.pages.web.home)


async def test_a_follow_up_carries_the_call(site: DeskSite) -> None:
    client = await sara(site)
    await talking(site, client)
    form = {"subject": "insurance-records", "summary": "two months", "key": "0123456789abcdef"}
    answer = await client.post(f"/desk/calls/{CALL_ID}/case", data=form)
    assert said(answer).startswith("Follow-up ")
    again = await client.post(f"/desk/calls/{CALL_ID}/case", data=form)
    assert said(again) == said(answer)
    card = (await client.get("/desk/call")).text
    assert "/cases/" in card
    empty = await client.post(f"/desk/calls/{CALL_ID}/case", data={**form, "subject": "", "key": "0" * 16})
    assert empty.status_code >= 400


async def test_a_call_is_promised_to_the_callers_number(site: DeskSite) -> None:
    client = await sara(site)
    await talking(site, client)
    answer = await client.post(f"/desk/calls/{CALL_ID}/callback", data={"queue": "operator"})
    assert said(answer).startswith("The call is promised; code ")
    assert any("CALLBACK_REQUESTED" in line and NUMBER in line for line in site.asterisk.journal)
    wrong = await client.post(f"/desk/calls/{CALL_ID}/callback", data={"queue": "operator", "number": "112"})
    assert wrong.status_code == 409


async def test_an_sms_goes_to_the_caller_once(site: DeskSite) -> None:
    client = await sara(site)
    await talking(site, client)
    form = {"text": "Please bring your papers", "key": "00000000000000aa"}
    for _ in range(2):
        await client.post(f"/desk/calls/{CALL_ID}/sms", data=form)
    async with site.pages.web.database.read() as connection:
        rows = (await connection.execute(select(sms_outbox.c.number, sms_outbox.c.text))).all()
    assert [tuple(row) for row in rows] == [(NUMBER, "Please bring your papers")]
    assert (await client.post(f"/desk/calls/{CALL_ID}/sms", data={**form, "text": " "})).status_code == 400
    acts = await read_audit(site.pages.web.database, Wanted(action="sms.sent"))
    assert acts[0].act.subject == CALL_ID


async def test_knowledge_is_of_the_subject_those_above_it_and_the_general_notes(site: DeskSite) -> None:
    folder = site.pages.web.home.root / "desk" / "knowledge"
    folder.mkdir(parents=True)
    (folder / "insurance-records.en.md").write_text("**Records** <script>x</script>")
    client = await sara(site)
    shown = (await client.get("/desk/knowledge?subject=insurance-records")).text
    assert "<strong>Records</strong>" in shown
    assert "<script>" not in shown
    assert "Say your name" in shown
    assert "Let the caller finish" in (await client.get("/desk/knowledge?subject=complaints-branch")).text


async def test_of_two_agents_who_take_one_piece_of_work_one_gets_it(site: DeskSite) -> None:
    first, second = await sara(site), await omid(site)
    assert "Spoken" not in (await first.get("/desk/work/message/message-m1")).text
    answers = await asyncio.gather(*(
        client.post("/desk/work/message/message-m1/take") for client in (first, second)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner, loser = (first, second) if answers[0].status_code == 200 else (second, first)
    assert (await loser.post("/desk/work/message/message-m1/close", data={"result": "reached"})).status_code == 409
    assert "With colleagues" in (await loser.get("/desk/work")).text
    assert (await winner.post("/desk/work/message/message-m1/give-back")).status_code == 204
    assert (await loser.post("/desk/work/message/message-m1/take")).status_code == 200
    closed = await loser.post("/desk/work/message/message-m1/close", data={"result": "reached", "text": "solved"})
    assert said(closed) == "Closed"
    assert "Voice message" not in (await winner.get("/desk/work")).text


async def test_a_message_is_heard_in_parts_and_the_audit_log_says_by_whom(site: DeskSite) -> None:
    client = await sara(site)
    task = (await client.get("/desk/work/message/message-m1")).text
    assert 'class="wave"' in task
    whole = await client.get("/desk/work/message/message-m1/sound")
    assert whole.headers["content-type"].startswith("audio/")
    part = await client.get("/desk/work/message/message-m1/sound", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    heard = await read_audit(site.pages.web.database, Wanted(action="message.heard"))
    assert [(one.act.actor, one.act.subject) for one in heard] == [("sara", "message-m1")]
    assert (await client.get("/desk/work/message/message-r1/sound")).status_code == 404


async def test_a_message_is_read_with_its_suggested_subject_and_who_read_it_is_written_down(site: DeskSite) -> None:
    client = await sara(site)
    assert "No speech model for this language" in (await client.get("/desk/work/message/message-m1")).text
    assert await read_audit(site.pages.web.database, Wanted(action="message.read")) == []
    await site.write_down("سلام مستمری من واریز نشده است")
    shown = (await client.get("/desk/work/message/message-m1")).text
    for part in ("<span>مستمری</span>", 'class="unsure">است', "Payment and pay slips", 'class="clue">واریز نشده',
                 "Written by machine"):
        assert part in shown
    read = await read_audit(site.pages.web.database, Wanted(action="message.read"))
    assert [(one.act.actor, one.act.subject) for one in read] == [("sara", "message-m1")]
    taken = (await client.post("/desk/work/message/message-m1/take")).text
    assert "/cases/new?message=message-m1&amp;subject=pensions-payment" in taken
    form = (await client.get("/cases/new?message=message-m1&subject=pensions-payment")).text
    assert '<option value="pensions-payment" selected' in form


async def test_a_promise_that_an_agent_takes_is_not_dialled_meanwhile_and_closed_by_him(site: DeskSite) -> None:
    client = await sara(site)
    assert (await client.post("/desk/work/promise/cb-2345678abc/take")).status_code == 200
    async with site.pages.web.database.read() as connection:
        held = await find_promise(connection, "cb-2345678abc")
    assert held
    assert held.next_attempt_ms > site.pages.clock() + 1_800_000
    await client.post("/desk/work/promise/cb-2345678abc/close", data={"result": "cancelled"})
    async with site.pages.web.database.read() as connection:
        closed = await find_promise(connection, "cb-2345678abc")
    assert closed
    assert (closed.state, closed.result, closed.closed_by) == (State.CLOSED, Result.CANCELLED, "a101")


async def owed_result(site: DeskSite, member: str = "sara") -> Case:
    """A result of a unit in which `member` works, which the machine will tell by a call."""
    web, clock = site.pages.web, site.pages.clock
    office = case_office(web.home, web.settings, web.database, clock)
    person = Person("", "", (Address(CaseChannel.CALL, NUMBER),))
    wish = NewCase("insurance-records", "Two months", CaseChannel.CALL, person=person)
    opened = await office.opening.open(wish, CLERK)
    await office.units.add(opened.unit, member, "root")
    case = await office.desk.resolve(opened.code, "Both months are there now", CLERK)
    async with web.database.write() as connection:
        await insert_call(connection, OutboundCall(
            "result-1", "result", NUMBER, "fa", Channel.SCHEDULE, clock(), clock(), State.OPEN, clock(),
            reference=f"{case.code}/0"))
        await begin_telling(connection, case.code, 0, clock())
        await change_telling(connection, case.code, 0, outbound_id="result-1")
    return case


async def test_a_result_that_is_not_told_yet_is_work_of_its_unit_and_told_by_an_agent(site: DeskSite) -> None:
    case, client = await owed_result(site), await sara(site)
    web = site.pages.web
    assert "Result to be told" in (await client.get("/desk/work")).text
    assert "Result to be told" not in (await (await omid(site)).get("/desk/work")).text
    base = f"/desk/work/result/{case.code}.0"
    shown = (await client.post(f"{base}/take")).text
    assert "Both months are there now" in shown
    assert "Ask whom you are speaking with" in shown
    async with web.database.read() as connection:
        held = await find_promise(connection, "result-1")
    assert held
    assert held.next_attempt_ms > site.pages.clock() + 1_800_000
    closed = await client.post(f"{base}/close", data={"result": "reached"})
    assert said(closed) == "Closed"
    async with web.database.read() as connection:
        told = await load_case(connection, case.code)
    assert told
    assert (told.state.value, told.told_by) == ("told", ToldBy.CALL)
    assert "Result to be told" not in (await client.get("/desk/work")).text


async def test_a_caller_who_was_not_reached_with_his_result_stands_in_the_case_and_is_left_to_the_machine(
    site: DeskSite,
) -> None:
    case, client = await owed_result(site), await sara(site)
    base = f"/desk/work/result/{case.code}.0"
    await client.post(f"{base}/take")
    async with site.pages.web.database.write() as connection:
        await change_call(connection, "result-1", state=State.DIALLING)
    assert (await client.post(f"{base}/give-back")).status_code == 204
    assert (await client.post(f"{base}/take")).status_code == 409  # the machine is calling him
    async with site.pages.web.database.write() as connection:
        await change_call(connection, "result-1", state=State.OPEN)
    await client.post(f"{base}/take")
    await client.post(f"{base}/close", data={"result": "unreachable", "text": "rang twice"})
    async with site.pages.web.database.read() as connection:
        call, events = await find_promise(connection, "result-1"), await events_of(connection, case.code)
    assert call
    assert call.next_attempt_ms <= site.pages.clock()
    last = events[-1]
    assert (last.deed, last.text, last.detail["outcome"]) == (Deed.TELLING, "rang twice", "unreachable")
    assert (await client.post(f"{base}/take")).status_code == 404


async def test_calling_back_rings_the_agents_own_telephone(site: DeskSite) -> None:
    asked: list[dict[str, str]] = []

    def on_originate(fields: dict[str, str]) -> bytes:
        asked.append(fields)
        return respond(fields, "Success", "Originate successfully queued")

    site.manager.answers["originate"] = on_originate
    client = await sara(site)
    assert (await client.post("/desk/work/message/message-r1/call")).status_code == 409
    await client.post("/desk/work/message/message-r1/take")
    assert "Your telephone rings" in said(await client.post("/desk/work/message/message-r1/call"))
    assert (asked[0]["Channel"], asked[0]["Context"]) == (A101, "pasokh-agents")


async def test_the_own_day_shows_calls_and_the_queues_levels(site: DeskSite) -> None:
    shown = (await (await sara(site)).get("/desk/day")).text
    assert "Insurance" in shown
    assert "Rings not answered" in shown


async def test_an_agent_sees_his_own_working_times_and_no_others(site: DeskSite) -> None:
    first, second = await sara(site), await omid(site)
    assert "My working times" not in (await first.get("/desk/times")).text, "where nothing is planned nothing is said"
    site.pages.clock.at_ms = round(datetime(2026, 11, 22, 11, 55, tzinfo=TEHRAN).timestamp() * 1000)
    lines = read_plan_file(WORKING_TIMES.encode(), site.pages.web.settings)
    async with site.pages.web.database.write() as connection:
        await import_plan(connection, lines, site.pages.clock(), "command:test")
    shown = (await first.get("/desk/times")).text
    for told in ("08:00–16:00", "Break: lunch", "12:00–12:30", "Monday", "22:00–06:00"):
        assert told in shown
    assert "Absent" not in shown
    assert "begins at" not in shown, "who is offline is told nothing"
    await site.show(state="ready")
    shown = (await first.get("/desk/times")).text
    assert "Your break (lunch) begins at 12:00" in shown
    [known] = re.findall(r'name="known" value="(\w+)"', shown)
    assert (await first.get(f"/desk/times?known={known}")).status_code == 204
    persian = unescape((await first.get("/desk/times?lang=fa")).text)
    assert "۱۴۰۵/۰۹/۰۲" in persian
    assert "۰۸:۰۰ تا ۱۶:۰۰" in persian
    others = (await second.get("/desk/times?agent=a101")).text
    assert ("Absent" in others, "08:00–16:00" in others) == (True, False)


async def test_a_wrong_file_of_the_site_is_said(tmp_path: Path) -> None:
    async with desk_site(tmp_path, desk_settings()) as site:
        folder = site.pages.web.home.root / "desk"
        folder.mkdir()
        (folder / "dispositions.yaml").write_text("queues: {operator: {dispositions: [nosuch]}}\n")
        assert (await (await sara(site)).get("/desk/state")).status_code == 503


async def test_the_phone_stands_on_the_page_of_who_has_it_in_the_browser(tmp_path: Path) -> None:
    agents = {"a101": Agent(queues={"insurance": 0}, device="webrtc"), "a102": Agent(queues={"insurance": 0})}
    async with desk_site(tmp_path, desk_settings(agents=agents)) as site:
        first, second = await sara(site), await omid(site)
        assert '<pasokh-phone agent="a101"' in (await first.get("/desk")).text
        plain = (await second.get("/desk")).text
        assert "<pasokh-phone" not in plain
        assert "Your telephone (a102) rings" in plain
        assert "Pick up the handset" not in await talking(site, first)


async def test_a_queue_may_do_without_a_result(tmp_path: Path) -> None:
    async with desk_site(tmp_path) as site:
        folder = site.pages.web.home.root / "desk"
        folder.mkdir()
        (folder / "dispositions.yaml").write_text("queues: {insurance: {required: false, dispositions: [answered]}}\n")
        client = await sara(site)
        await client.post("/desk/sign-in")
        card = await talking(site, client)
        assert "Answered" in card
        assert "Referred elsewhere" not in card
        await site.show(state="wrap-up", reason="wrap-up")
        assert (await client.post("/desk/ready")).status_code == 204


async def test_the_first_note_of_a_call_stays_when_it_is_begun_again(site: DeskSite) -> None:
    row = DeskCall(CALL_ID, "a101", "insurance", NUMBER, "fa", proved=True, promise=None, began_ms=5)
    async with site.pages.web.database.write() as connection:
        await begin_call(connection, row)
        await begin_call(connection, DeskCall(CALL_ID, "a101", "operator", None, None, False, None, 9))
    assert await noted(site) == row
