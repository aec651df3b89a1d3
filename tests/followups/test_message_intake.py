"""Boxes that have a subject make cases of their messages, once, whatever is killed or away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from followups.cases.case import Channel, LinkKind
from followups.cases.message_intake import MessageIntake, message_intake
from followups.cases.store import Wanted
from foundation.identity_numbers import with_check_digit
from foundation.settings import Box, Settings
from recordings.messages.messages import Message, add_message, close_message
from tests.support.case_site import NUMBER, SARA, SETTINGS, SUNDAY_MS, CaseSite, case_site

MESSAGE = Message(
    id="message-1", kind="voice_message", box="director", call_id="p-1.1", caller=NUMBER, callback_number=None,
    language="tr", tracking=with_check_digit("12345678"), taken_ms=SUNDAY_MS - 60_000, duration_ms=45_400,
    recording_id="rec-1",
)


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path, database_url) as made:
        yield made


def intake(site: CaseSite, subject: str | None = "complaints") -> MessageIntake:
    boxes = {"director": Box(title={"fa": "مدیر"}, subject=subject), "general": Box()}
    settings = Settings.model_validate({**SETTINGS, "boxes": {name: box.model_dump() for name, box in boxes.items()}})
    return message_intake(site.home, lambda: settings, site.database, site.clock)


async def left(site: CaseSite, *found: Message) -> None:
    async with site.database.write() as connection:
        for message in found:
            await add_message(connection, message)


async def test_a_message_becomes_a_case_under_its_own_code_and_stays_to_be_heard(site: CaseSite) -> None:
    await left(site, MESSAGE)
    assert await intake(site).look() == 1
    [case] = await site.office.reading.list(Wanted(), SARA)
    assert (case.code, case.subject, case.unit, case.channel) == (
        MESSAGE.tracking, "complaints", "public-desk", Channel.VOICE_MESSAGE,
    )
    assert (case.contact_ms, case.language, case.reply_number, case.opened_by) == (
        MESSAGE.taken_ms, "tr", NUMBER, "box",
    )
    assert case.summary == "پیام صوتی در صندوق «مدیر»، ۴۵ ثانیه"
    view = await site.office.reading.view(case.code, SARA)
    assert {(link.kind, link.reference) for link in view.links} == {
        (LinkKind.VOICE_MESSAGE, "message-1"), (LinkKind.CALL, "p-1.1"), (LinkKind.RECORDING, "rec-1"),
    }


async def test_each_message_is_one_case_also_after_a_restart(site: CaseSite) -> None:
    await left(site, MESSAGE)
    running = intake(site)
    assert [await running.look(), await running.look(), await intake(site).look()] == [1, 0, 0]
    site.clock.now += 3_600_000
    await left(site, replace(MESSAGE, id="message-2", tracking=None, taken_ms=site.clock.now - 1000))
    assert await running.look() == 1
    assert await site.office.reading.count(Wanted(), SARA) == 2


async def test_other_boxes_requests_and_closed_messages_are_left_alone(site: CaseSite) -> None:
    await left(
        site, replace(MESSAGE, box="general"), replace(MESSAGE, id="message-2", kind="callback_request"),
        replace(MESSAGE, id="message-3", kind="lost_caller"), replace(MESSAGE, id="message-4"),
    )
    async with site.database.write() as connection:
        await close_message(connection, "message-4", "sara", 1)
    assert await intake(site).look() == 0
    assert await intake(site, None).look() == 0


async def test_a_message_without_a_number_is_a_case_without_a_caller(site: CaseSite) -> None:
    await left(site, replace(MESSAGE, caller=None))
    assert await intake(site).look() == 1
    [case] = await site.office.reading.list(Wanted(), SARA)
    assert (case.contact_id, case.reply_number) == (None, None)


async def test_a_subject_that_is_not_there_is_said_once_and_the_others_go_on(
    site: CaseSite, capsys: pytest.CaptureFixture[str],
) -> None:
    await left(site, MESSAGE)
    running = intake(site, "weather")
    assert [await running.look(), await running.look()] == [0, 0]
    assert capsys.readouterr().out.count("no case of a message") == 1
