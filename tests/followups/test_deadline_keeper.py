"""Warned before, a tier up after, each exactly once: against a real case office, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from followups.cases.case import Case, Deed, Tier
from followups.cases.contacts import Person
from followups.cases.lifecycle import Closing, State
from followups.cases.store import events_of
from followups.deadlines.escalation import NoticeKind
from followups.deadlines.notice_tables import NOTICE
from foundation.gateway_tables import email_outbox, sms_outbox
from tests.support.case_deadlines import at, keeper
from tests.support.case_site import DAY_MS, SARA, CaseSite, case_site

HOUR_MS = 3_600_000
GATEWAY = {"url": "http://127.0.0.1:9", "token": "secret"}


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


async def case_now(site: CaseSite, case: Case) -> Case:
    return await site.office.reading.case(case.code, SARA)


async def told(site: CaseSite, case: Case) -> list[str]:
    """Warnings, escalations and new deadlines in the history."""
    async with site.database.read() as connection:
        events = await events_of(connection, case.code)
    kept = {Deed.WARNED, Deed.ESCALATED, Deed.DUE_SET}
    return [f"{event.deed.value} {event.detail.get('to', '')}".strip() for event in events if event.deed in kept]


async def test_a_case_is_warned_about_once_and_goes_up_tier_by_tier(site: CaseSite) -> None:
    """Opened on Sunday 22 November at 10:00 with three days: due at the end of Wednesday the 25th."""
    case = await site.opened()
    assert (case.tier, case.unit, case.province) == (Tier.SPECIALIST, "insured-desk", "yazd")
    seen = []
    for moment in ("2026-11-24T07:29", "2026-11-24T07:30", "2026-11-24T09:00", "2026-11-25T23:59", "2026-11-26T00:00",
                   "2026-11-26T12:00", "2026-11-27T00:00", "2026-11-28T12:00", "2026-12-20T12:00"):
        site.clock.now = at(moment)
        seen.append([f"{one.notice.kind.value} {one.unit}" for one in await keeper(site).look()])
    assert seen == [
        [], ["warning insured-desk"], [], [], ["escalation general-yazd"], [], ["escalation insurance-deputy"], [], []]
    assert await told(site, case) == ["warned", "escalated general-yazd", "escalated insurance-deputy"]
    found = await case_now(site, case)
    assert (found.tier, found.unit, found.assignee) == (Tier.HEADQUARTERS, "insurance-deputy", None)


async def test_after_a_long_pause_everything_missed_is_given_in_its_order(site: CaseSite) -> None:
    case = await site.opened()
    site.clock.now += 10 * DAY_MS
    given = await keeper(site).look()
    assert [(one.notice.kind, one.from_unit, one.unit) for one in given] == [
        (NoticeKind.ESCALATION, "insured-desk", "general-yazd"),
        (NoticeKind.ESCALATION, "general-yazd", "insurance-deputy")]
    assert await keeper(site).look() == []
    assert await told(site, case) == ["escalated general-yazd", "escalated insurance-deputy"]


async def test_a_case_without_a_province_goes_past_the_provinces(site: CaseSite) -> None:
    case = await site.opened(province=None, person=Person("بی‌نام"))
    site.clock.now += 10 * DAY_MS
    await keeper(site).look()
    assert await told(site, case) == ["escalated insurance-deputy"]


async def test_what_is_resolved_in_time_is_left_alone(site: CaseSite) -> None:
    case = await site.opened()
    site.clock.now += HOUR_MS
    await site.office.desk.resolve(case.code, "The months are entered", SARA)
    site.clock.now += 20 * DAY_MS
    assert await keeper(site).look() == []


async def test_a_reopened_case_has_a_new_promise_and_is_warned_about_anew(site: CaseSite) -> None:
    case = await site.opened()
    site.clock.now = at("2026-11-24T08:00")
    await keeper(site).look()
    await site.office.desk.resolve(case.code, "The months are entered", SARA)
    await site.office.desk.reopen(case.code, "One month is still missing", SARA)
    assert await keeper(site).look() == []
    site.clock.now = at("2026-11-26T07:30")
    assert [one.notice.kind for one in await keeper(site).look()] == [NoticeKind.WARNING]
    async with site.database.read() as connection:
        rounds = (await connection.execute(select(NOTICE.c.round).order_by(NOTICE.c.round))).scalars().all()
    assert rounds == [0, 1]


async def test_two_keepers_at_once_give_each_notice_once(site: CaseSite) -> None:
    cases = [await site.opened(request_key=f"k{number}") for number in range(4)]
    for moment in ("2026-11-24T08:00", "2026-11-26T08:00", "2026-11-30T08:00"):
        site.clock.now = at(moment)
        await asyncio.gather(*(keeper(site).look() for _ in range(3)))
    for case in cases:
        assert await told(site, case) == ["warned", "escalated general-yazd", "escalated insurance-deputy"]


async def test_a_keeper_killed_in_the_middle_has_given_a_notice_wholly_or_not_at_all(
    site: CaseSite, monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = await site.opened()
    site.clock.now = at("2026-11-26T08:00")

    async def killed(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("followups.deadlines.notice_messages.NoticeMessages.enter", killed)
        with pytest.raises(KeyboardInterrupt):
            await keeper(site).look()
    assert await told(site, case) == []
    assert (await case_now(site, case)).unit == "insured-desk"
    async with site.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(NOTICE))).scalar() == 0
    await keeper(site).look()
    assert await told(site, case) == ["escalated general-yazd"]


async def test_people_of_a_unit_are_told_by_sms_and_e_mail_once_each(site: CaseSite) -> None:
    case = await site.opened()
    notify = {"insured-desk": {"sms": ["+989120000001"]},
              "general-yazd": {"sms": ["+989120000002"], "email": ["yazd@example.test", "chief@example.test"]}}
    more = {"followups": {"notify": notify}, "sms": GATEWAY, "email": GATEWAY}
    for moment in ("2026-11-24T08:00", "2026-11-24T09:00", "2026-11-26T08:00", "2026-11-26T09:00"):
        site.clock.now = at(moment)
        await keeper(site, **more).look()
    async with site.database.read() as connection:
        sms = (await connection.execute(select(sms_outbox).order_by(sms_outbox.c.created_ms))).all()
        email = (await connection.execute(select(email_outbox).order_by(email_outbox.c.address))).all()
    assert [(row.id, row.number) for row in sms] == [
        (f"fu-{case.code}-0-warning-0-s0", "+989120000001"), (f"fu-{case.code}-0-escalation-1-s0", "+989120000002")]
    assert [row.address for row in email] == ["chief@example.test", "yazd@example.test"]
    assert "۱۴۰۵/۰۹/۰۴" in sms[0].text
    assert "سوابق بیمه" in sms[1].text
    assert not any(word in row.text for row in (*sms, *email) for word in ("زهرا", "0912", "Two months"))


async def test_without_a_gateway_nobody_is_written_to(site: CaseSite) -> None:
    await site.opened()
    site.clock.now = at("2026-11-24T08:00")
    assert len(await keeper(site, followups={"notify": {"insured-desk": {"sms": ["+989120000001"]}}}).look()) == 1
    async with site.database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(sms_outbox))).scalar() == 0


WORKING: dict[str, Any] = {"subject": "complaints"}
"""Ten working days."""


async def test_a_correction_of_the_calendar_moves_open_deadlines_and_the_history_says_so(site: CaseSite) -> None:
    """Sunday 22 November and ten working days: Thursday 3 December, with Thursdays as half days."""
    case = await site.opened(**WORKING)
    praise = await site.opened()
    assert await keeper(site).reckon_anew() == []
    corrected = {"holidays": {"closures": [{"first": "2026-11-30", "last": "2026-11-30", "title": "snow"}]}}
    [moved] = await keeper(site, **corrected).reckon_anew()
    assert (moved.code, moved.due_ms) == (case.code, at("2026-12-05T23:59:59"))
    assert await keeper(site, **corrected).reckon_anew() == []
    assert (await case_now(site, case)).due_ms == at("2026-12-05T23:59:59")
    assert (await case_now(site, praise)).due_ms == praise.due_ms
    assert await told(site, case) == ["due_set"]
    async with site.database.read() as connection:
        [event] = [one for one in await events_of(connection, case.code) if one.deed is Deed.DUE_SET]
    assert (event.who, event.detail["why"]) == ("clock", "calendar")
    assert event.detail["due_ms"] == f"{case.due_ms} → {moved.due_ms}"


async def test_a_closed_case_keeps_the_deadline_it_had(site: CaseSite) -> None:
    case = await site.opened(**WORKING)
    await site.office.desk.close(case.code, Closing.WITHDRAWN, SARA, reason="he has found the paper")
    corrected = {"holidays": {"closures": [{"first": "2026-11-30", "last": "2026-11-30"}]}}
    assert await keeper(site, **corrected).reckon_anew() == []
    assert (await case_now(site, case)).state is State.CLOSED


async def test_a_lunar_holiday_that_was_announced_makes_a_deadline_firm(site: CaseSite) -> None:
    """Mab'ath is computed for 6 January 2027."""
    site.clock.now = at("2027-01-03T10:00")
    case = await site.opened(**WORKING)
    assert case.due_provisional
    announced = {"holidays": {"announced_until": "2027-01-30"}}
    [moved] = await keeper(site, **announced).reckon_anew()
    assert (moved.due_ms, moved.provisional) == (case.due_ms, False)


async def test_somebodys_work_at_the_same_moment_is_not_lost(site: CaseSite) -> None:
    case = await site.opened()
    await site.with_member("insured-desk", "sara")
    site.clock.now = at("2026-11-26T08:00")
    await asyncio.gather(
        keeper(site).look(), site.office.desk.note(case.code, "I am calling the branch", SARA),
        *(keeper(site).look() for _ in range(2)),
    )
    async with site.database.read() as connection:
        deeds = [event.deed for event in await events_of(connection, case.code)]
    assert sorted(deeds) == sorted([Deed.OPENED, Deed.NOTED, Deed.ESCALATED])
    assert (await case_now(site, case)).unit == "general-yazd"
