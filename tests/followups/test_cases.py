"""Cases on both databases: opened once, worked on by rules, their history never changed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from followups.cases.actor import Actor, Reach
from followups.cases.case import Channel, Deed, LinkKind, Tier, ToldBy
from followups.cases.contacts import Address, Person
from followups.cases.files import MOST_OF_A_CASE
from followups.cases.lifecycle import Closing, State
from followups.cases.refusals import (
    CaseRefusalError,
    ChangedMeanwhileError,
    ContactInFutureError,
    EmptyTextError,
    FileGoneError,
    FileKindRefusedError,
    FileTooLargeError,
    MayOnlyLookError,
    NotAMemberError,
    NotInThisStateError,
    NotYourUnitError,
    SameUnitError,
    TextTooLongError,
    TooManyFilesError,
    UnknownCaseError,
    UnknownFileError,
    UnknownProvinceError,
    UnknownSubjectError,
    UnknownUnitError,
    WrongAddressError,
    WrongNationalIdError,
)
from followups.cases.store import Wanted
from followups.cases.tables import EVENT
from foundation.tracking import grouped, is_tracking_code
from tests.support.case_site import DAY_MS, NATIONAL_ID, NUMBER, OTHER_ID, SARA, SUNDAY_MS, CaseSite, case_site

MEMBER = Actor("omid", Reach.UNITS)
AUDITOR = Actor("mina", Reach.LOOK)
PARTNER = Actor("bank", Reach.OWN)
PDF = b"%PDF-1.7 a paper"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what no database can change."""


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


async def deeds(site: CaseSite, code: str) -> list[Deed]:
    return [event.deed for event in (await site.office.reading.view(code, SARA)).events]


async def test_a_case_goes_to_the_unit_of_its_subject_with_its_deadline(site: CaseSite) -> None:
    case = await site.opened()
    assert is_tracking_code(case.code)
    assert (case.state, case.unit, case.tier) == (State.OPEN, "insured-desk", Tier.SPECIALIST)
    assert (case.province, case.reply_number, case.version) == ("yazd", NUMBER, 1)
    assert case.due_ms is not None
    assert SUNDAY_MS + 3 * DAY_MS < case.due_ms < SUNDAY_MS + 4 * DAY_MS
    assert await deeds(site, case.code) == [Deed.OPENED]


@ON_SQLITE
async def test_a_complaint_about_a_branch_goes_to_the_office_of_the_province(site: CaseSite) -> None:
    assert (await site.opened(subject="complaints-branch")).unit == "general-yazd"
    assert (await site.opened(subject="complaints-medical-centre")).unit == "treatment-yazd"
    assert (await site.opened(subject="complaints-branch", province=None)).unit == "public-desk"


@ON_SQLITE
async def test_the_province_is_told_by_the_area_code_where_nobody_says_it(site: CaseSite) -> None:
    person = Person(addresses=(Address(Channel.CALL, "+98 31 3622 1100"),))
    assert (await site.opened(province=None, person=person)).province == "isfahan"


async def test_the_same_request_opens_one_case_even_at_once(site: CaseSite) -> None:
    found = await asyncio.gather(*(site.opened(request_key="form-7") for _ in range(5)))
    assert len({case.code for case in found}) == 1
    assert (await site.opened(request_key="form-8")).code != found[0].code
    assert await site.office.reading.count(Wanted(), SARA) == 2


async def test_a_code_that_the_caller_heard_is_kept_unless_another_case_has_it(site: CaseSite) -> None:
    assert (await site.opened(code="123456786")).code == "123456786"
    again = await site.opened(code="123456786")
    assert again.code != "123456786"
    [event] = (await site.office.reading.view(again.code, SARA)).events
    assert event.detail["code_taken"] == "123456786"


REFUSED_WISHES: list[tuple[dict[str, object], type[CaseRefusalError]]] = [
    ({"subject": "weather"}, UnknownSubjectError),
    ({"province": "atlantis"}, UnknownProvinceError),
    ({"summary": " \n "}, EmptyTextError),
    ({"summary": "x" * 4001}, TextTooLongError),
    ({"person": Person(national_id="0084575949")}, WrongNationalIdError),
    ({"person": Person(addresses=(Address(Channel.CALL, "12"),))}, WrongAddressError),
    ({"person": Person(addresses=(Address(Channel.WEB, "nobody@"),))}, WrongAddressError),
    ({"person": Person(name="x" * 121)}, TextTooLongError),
    ({"contact_ms": SUNDAY_MS + 3_600_000}, ContactInFutureError),
]


@ON_SQLITE
@pytest.mark.parametrize(("changes", "refusal"), REFUSED_WISHES)
async def test_a_wish_that_cannot_be_is_refused_by_name_and_leaves_nothing(
    site: CaseSite, changes: dict[str, object], refusal: type[CaseRefusalError],
) -> None:
    with pytest.raises(refusal) as error:
        await site.opened(**changes)  # type: ignore[arg-type]
    assert "0084575949" not in str(error.value)
    assert await site.office.reading.count(Wanted(), SARA) == 0


async def test_from_opening_to_closing_with_every_step_in_the_history(site: CaseSite) -> None:
    desk, code = site.office.desk, (await site.opened()).code
    await site.with_member("insured-desk", "omid")
    await desk.assign(code, "omid", SARA)
    await desk.wait_for_unit(code, "asked the branch", MEMBER)
    await desk.resume(code, MEMBER)
    await desk.wait_for_caller(code, "needs the contract", MEMBER)
    await desk.resume(code, MEMBER, note="it came by post")
    resolved = await desk.resolve(code, "Both months are entered now", MEMBER, recording="rec-1")
    assert (resolved.state, resolved.result, resolved.result_recording) == (
        State.RESOLVED, "Both months are entered now", "rec-1",
    )
    await desk.tell(code, ToldBy.CALL, SARA)
    closed = await desk.close(code, Closing.SOLVED, MEMBER)
    assert (closed.state, closed.closing, closed.told_by, closed.version) == (
        State.CLOSED, Closing.SOLVED, ToldBy.CALL, 9,
    )
    assert await deeds(site, code) == [
        Deed.OPENED, Deed.ASSIGNED, Deed.WAITING_FOR_UNIT, Deed.RESUMED, Deed.WAITING_FOR_CALLER, Deed.RESUMED,
        Deed.RESOLVED, Deed.TOLD, Deed.CLOSED,
    ]


@ON_SQLITE
async def test_a_case_that_is_not_solved_is_opened_again_and_its_clock_begins_anew(site: CaseSite) -> None:
    desk, case = site.office.desk, await site.opened()
    await desk.resolve(case.code, "Done", SARA)
    site.clock.now += 20 * DAY_MS
    again = await desk.reopen(case.code, "One month is still missing", SARA)
    assert (again.state, again.reopened, again.result, again.clock_ms) == (State.REOPENED, 1, None, site.clock.now)
    assert again.due_ms is not None
    assert again.due_ms > site.clock.now
    view = await site.office.reading.view(case.code, SARA)
    assert [event.text for event in view.events] == [case.summary, "Done", "One month is still missing"]


@ON_SQLITE
async def test_another_member_and_another_unit_need_a_reason(site: CaseSite) -> None:
    desk, code = site.office.desk, (await site.opened()).code
    for member in ("omid", "leila"):
        await site.with_member("insured-desk", member)
    await desk.assign(code, "omid", SARA)
    with pytest.raises(EmptyTextError):
        await desk.assign(code, "leila", SARA)
    assert (await desk.assign(code, "leila", SARA, reason="omid is away")).assignee == "leila"
    with pytest.raises(EmptyTextError):
        await desk.hand_over(code, "pensions-desk", " ", SARA)
    with pytest.raises(SameUnitError):
        await desk.hand_over(code, "insured-desk", "why not", SARA)
    with pytest.raises(UnknownUnitError):
        await desk.hand_over(code, "moon", "why not", SARA)
    with pytest.raises(NotAMemberError):
        await desk.assign(code, "stranger", SARA)
    moved = await desk.hand_over(code, "general-yazd", "it is the branch's", SARA)
    assert (moved.unit, moved.tier, moved.assignee, moved.state) == ("general-yazd", Tier.PROVINCE, None, State.OPEN)


@ON_SQLITE
async def test_another_subject_has_its_own_deadline_counted_from_the_same_moment(site: CaseSite) -> None:
    case = await site.opened()
    site.clock.now += DAY_MS
    other = await site.office.desk.reclassify(case.code, "medical-expenses", "it is about a bill", SARA)
    assert (other.subject, other.deadline_name, other.unit) == ("medical-expenses", "medical", case.unit)
    assert other.due_ms is not None
    assert case.due_ms is not None
    assert other.due_ms - case.due_ms == 4 * DAY_MS


async def test_of_two_changes_upon_one_version_the_second_is_refused_and_loses_nothing(site: CaseSite) -> None:
    case = await site.opened()

    async def resolve(result: str) -> bool:
        try:
            await site.office.desk.resolve(case.code, result, SARA, version=case.version)
        except ChangedMeanwhileError as error:
            refused.append(error.values)
            return False
        return True

    refused: list[dict[str, str]] = []
    done = await asyncio.gather(*(resolve(f"result {n}") for n in range(4)))
    assert sum(done) == 1
    assert refused == [{"code": case.code, "seen": "1", "now": "2"}] * 3
    winner = f"result {done.index(True)}"
    assert (await site.office.reading.case(case.code, SARA)).result == winner
    assert len(await deeds(site, case.code)) == 2


async def test_notes_at_once_are_all_kept(site: CaseSite) -> None:
    code = (await site.opened()).code
    await asyncio.gather(*(site.office.desk.note(code, f"note {n}", SARA) for n in range(8)))
    view = await site.office.reading.view(code, SARA)
    assert {event.text for event in view.events[1:]} == {f"note {n}" for n in range(8)}
    assert view.case.version == 1


async def test_the_database_itself_keeps_the_history(site: CaseSite) -> None:
    await site.opened()
    for statement in (
        update(EVENT).values(who="nobody"), delete(EVENT), text("UPDATE followup_event SET text = 'x'"),
        text("DELETE FROM followup_event"),
    ):
        with pytest.raises(DBAPIError, match="never changed or removed"):
            async with site.database.write() as connection:
                await connection.execute(statement)
    async with site.database.read() as connection:
        assert (await connection.execute(select(EVENT.c.who))).scalars().all() == ["sara"]


async def test_the_history_cannot_be_replaced_or_emptied_either(site: CaseSite) -> None:
    case = await site.opened()
    replacing = (
        "REPLACE INTO followup_event (id, code, at_ms, who, deed, version, state, text, detail) "  # noqa: S608
        f"SELECT id, '{case.code}', 0, 'x', 'x', 1, 'x', '', '{{}}' FROM followup_event"
    )
    async with site.database.read() as connection:
        postgres = connection.dialect.name == "postgresql"
    with pytest.raises(DBAPIError, match="never changed or removed"):
        async with site.database.write() as connection:
            await connection.execute(text("TRUNCATE followup_event" if postgres else replacing))


Act = Callable[[CaseSite, str, Actor], Awaitable[object]]
WORK: list[Act] = [
    lambda site, code, actor: site.office.desk.resolve(code, "done", actor),
    lambda site, code, actor: site.office.desk.hand_over(code, "pensions-desk", "why", actor),
    lambda site, code, actor: site.office.desk.wait_for_caller(code, "why", actor),
    lambda site, code, actor: site.office.desk.close(code, Closing.WITHDRAWN, actor, reason="why"),
    lambda site, code, actor: site.office.desk.reclassify(code, "medical", "why", actor),
]


@ON_SQLITE
@pytest.mark.parametrize("act", WORK)
async def test_only_members_of_the_unit_and_supervisors_work_on_a_case(site: CaseSite, act: Act) -> None:
    code = (await site.opened()).code
    with pytest.raises(NotYourUnitError):
        await act(site, code, MEMBER)
    with pytest.raises(MayOnlyLookError):
        await act(site, code, AUDITOR)
    with pytest.raises(UnknownCaseError):
        await act(site, code, PARTNER)
    with pytest.raises((UnknownCaseError, NotInThisStateError)):
        await act(site, "000000000", SARA)
    assert await deeds(site, code) == [Deed.OPENED]


@ON_SQLITE
async def test_an_agent_is_a_member_under_his_users_name_and_his_agents_id(site: CaseSite) -> None:
    await site.with_member("insured-desk", "a101")
    code = (await site.opened()).code
    await site.office.desk.resolve(code, "done", Actor("omid", Reach.UNITS, also="a101"))


async def test_a_partner_sees_only_what_it_opened(site: CaseSite) -> None:
    ours, theirs = await site.opened(), await site.opened(PARTNER, channel=Channel.API)
    reading = site.office.reading
    assert [case.code for case in await reading.list(Wanted(), PARTNER)] == [theirs.code]
    assert await reading.count(Wanted(), PARTNER) == 1
    assert [case.code for case in await reading.find(NATIONAL_ID, PARTNER)] == [theirs.code]
    with pytest.raises(UnknownCaseError):
        await reading.view(ours.code, PARTNER)
    await site.office.desk.note(theirs.code, "he called us again", PARTNER)


async def test_an_inbox_has_what_is_owed_by_deadline(site: CaseSite) -> None:
    medical = await site.opened(subject="medical")
    later = await site.opened(subject="pensions")
    site.clock.now += DAY_MS
    last = await site.opened(subject="pensions")
    done = await site.opened(subject="pensions")
    await site.office.desk.resolve(done.code, "done", SARA)
    inbox = await site.office.reading.inbox("pensions-desk", SARA)
    assert [case.code for case in inbox] == [later.code, last.code]
    site.clock.now += 3 * DAY_MS
    assert await site.office.reading.owed() == {"medical-desk": (1, 0), "pensions-desk": (2, 1)}
    found = await site.office.reading.list(Wanted(due_before_ms=site.clock.now), SARA)
    assert [case.code for case in found] == [later.code]
    assert medical.unit == "medical-desk"


async def test_cases_are_found_by_code_person_number_and_call(site: CaseSite) -> None:
    case = await site.opened(links=((LinkKind.CALL, "pasokh-1795310642.0"),))
    await site.opened(person=Person("Ali", OTHER_ID, (Address(Channel.WEB, "Ali@Example.org"),)))
    for typed in (
        case.code, grouped(case.code), NATIONAL_ID, "۰۰۸۴۵۷۵۹۴۸", "0912 123 4567", "+989121234567",
        "pasokh-1795310642.0",
    ):
        assert [one.code for one in await site.office.reading.find(typed, SARA)] == [case.code], typed
    assert len(await site.office.reading.find("ali@example.ORG ", SARA)) == 1
    assert await site.office.reading.find("nothing", SARA) == []


async def test_a_person_is_known_again_by_the_national_id_and_a_telephone_alone_is_a_familys(site: CaseSite) -> None:
    phone = (Address(Channel.CALL, NUMBER),)
    first = await site.opened()
    again = await site.opened(person=Person("somebody else", NATIONAL_ID, (Address(Channel.WEB, "z@example.org"),)))
    assert again.contact_id == first.contact_id
    assert (again.reply_number, again.reply_mailbox) == (None, "z@example.org")
    view = await site.office.reading.view(again.code, SARA)
    assert view.contact is not None
    assert view.contact.name == "زهرا محمدی"
    assert {one.address for one in view.contact.addresses} == {NUMBER, "z@example.org"}
    brother = await site.opened(person=Person("reza", "", phone))
    unnamed, unnamed_again = [await site.opened(person=Person("", "", phone)) for _ in range(2)]
    assert len({first.contact_id, brother.contact_id, unnamed.contact_id}) == 3
    assert unnamed.contact_id == unnamed_again.contact_id
    assert (await site.opened(person=Person())).contact_id is None


async def test_one_person_who_comes_twice_at_once_is_one_contact(site: CaseSite) -> None:
    found = await asyncio.gather(*(site.opened() for _ in range(4)))
    assert len({case.contact_id for case in found}) == 1


@ON_SQLITE
async def test_files_are_kept_once_and_come_back_as_they_were(site: CaseSite) -> None:
    desk, code = site.office.desk, (await site.opened()).code
    kept = await desk.attach(code, f"../a folder/{NATIONAL_ID}.pdf", PDF, SARA)
    again = await desk.attach(code, "same.pdf", PDF, SARA)
    assert (kept.media_type, kept.bytes, kept.sha256) == ("application/pdf", len(PDF), again.sha256)
    assert NATIONAL_ID not in kept.name
    assert "/" not in kept.name
    assert await site.office.reading.file(code, kept.id, SARA) == (kept, PDF)
    paths = [path for path in site.home.case_files.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o600]
    paths[0].write_bytes(b"%PDF-another")
    with pytest.raises(FileGoneError):
        await site.office.reading.file(code, kept.id, SARA)
    with pytest.raises(UnknownFileError):
        await site.office.reading.file(code, "x", SARA)


@ON_SQLITE
@pytest.mark.parametrize(("content", "refusal"), [
    (b"<html><script>alert(1)</script>", FileKindRefusedError), (b"MZ\x90\0", FileKindRefusedError),
    (b"", FileKindRefusedError), (b"#!/bin/sh\n", FileKindRefusedError), (b"PK\3\4", FileKindRefusedError),
    (b"%PDF-" + bytes(10 * 1024 * 1024), FileTooLargeError),
])
async def test_files_that_do_harm_are_not_taken(
    site: CaseSite, content: bytes, refusal: type[CaseRefusalError],
) -> None:
    code = (await site.opened()).code
    with pytest.raises(refusal):
        await site.office.desk.attach(code, "holiday.pdf", content, SARA)
    assert not [path for path in site.home.case_files.rglob("*") if path.is_file()]


@ON_SQLITE
async def test_a_case_has_so_many_files_and_no_more(site: CaseSite) -> None:
    code = (await site.opened()).code
    for n in range(MOST_OF_A_CASE):
        await site.office.desk.attach(code, f"{n}.txt", b"a word", SARA)
    with pytest.raises(TooManyFilesError):
        await site.office.desk.attach(code, "more.txt", b"a word", SARA)
    with pytest.raises(UnknownCaseError):
        await site.office.desk.attach("000000000", "x.pdf", PDF, SARA)


async def test_time_warns_escalates_and_promises_anew(site: CaseSite) -> None:
    case, clock = await site.opened(), site.office.clock
    assert case.due_ms is not None
    moved = await clock.set_due(case.code, case.due_ms + DAY_MS, "Fitr was a day later", provisional=False)
    assert moved.version == 2
    assert (await clock.set_due(case.code, case.due_ms + DAY_MS, "again", provisional=False)).version == 2
    await clock.warn(case.code, version=2)
    up = await clock.escalate(case.code, Tier.PROVINCE, version=2)
    assert (up.unit, up.tier, up.state) == ("general-yazd", Tier.PROVINCE, State.OPEN)
    top = await clock.escalate(case.code, Tier.HEADQUARTERS)
    assert (top.unit, top.tier) == ("insurance-deputy", Tier.HEADQUARTERS)
    with pytest.raises(ChangedMeanwhileError):
        await clock.warn(case.code, version=2)
    await site.office.desk.resolve(case.code, "done", SARA)
    with pytest.raises(NotInThisStateError):
        await clock.escalate(case.code, Tier.HEADQUARTERS)
    assert await deeds(site, case.code) == [
        Deed.OPENED, Deed.DUE_SET, Deed.WARNED, Deed.ESCALATED, Deed.ESCALATED, Deed.RESOLVED,
    ]


@ON_SQLITE
async def test_an_escalation_goes_past_the_provinces_where_the_province_is_not_known(site: CaseSite) -> None:
    case = await site.opened(province=None)
    assert (await site.office.clock.escalate(case.code, Tier.PROVINCE)).unit == "insurance-deputy"


@ON_SQLITE
async def test_links_are_noted_once(site: CaseSite) -> None:
    code = (await site.opened()).code
    assert await site.office.desk.link(code, LinkKind.CALL, "pasokh-1.0", SARA)
    assert not await site.office.desk.link(code, LinkKind.CALL, "pasokh-1.0", SARA)
    assert await deeds(site, code) == [Deed.OPENED, Deed.LINKED]
    with pytest.raises(CaseRefusalError, match="bad-reference"):
        await site.office.desk.link(code, LinkKind.CALL, "../x y", SARA)


