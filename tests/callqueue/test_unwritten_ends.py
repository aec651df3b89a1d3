"""A full disk lost the line of a stint's end, and CEL has it: nobody waits or talks for ever."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callqueue.ledger.evidence import GapKind
from callqueue.ledger.stint import Ending, Outcome
from foundation.database import Database
from tests.support.evidence_site import AT, CEL, JOURNAL, Site, cel

LINES = JOURNAL.splitlines(keepends=True)
JOINED, CONNECT, COMPLETE, ABANDON = "".join(LINES[:4]), LINES[4], LINES[5], LINES[6]
UNTIL_CONNECT = "".join(CEL.splitlines(keepends=True)[:7])


@pytest.fixture
async def site(ledger_database: Database, tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "log"
    folder.mkdir()
    site = Site(ledger_database, folder)
    yield site
    site.close()


async def lost(site: Site) -> list[tuple[str, int, int | None]]:
    gaps = await site.gaps_in_full()
    return [(gap.call_id, gap.started, gap.ended) for gap in gaps if gap.kind is GapKind.JOURNAL_LOST]


async def test_a_waiting_that_cel_saw_end_is_interrupted_when_the_journal_stays_silent(site: Site) -> None:
    site.write(JOINED + CONNECT + COMPLETE, CEL)
    site.now = AT + 31
    assert (await site.read())["s-28"].outcome is Outcome.WAITING
    assert await lost(site) == []
    site.now = AT + 33
    stint = (await site.read())["s-28"]
    assert (stint.outcome, stint.wait, stint.finished, stint.wait_ms) == (Outcome.INTERRUPTED, 2, AT + 2, 1200)
    assert await lost(site) == [("s-28", AT, AT + 2)]


async def test_a_conversation_that_cel_saw_end_is_interrupted_when_the_journal_stays_silent(site: Site) -> None:
    site.write(JOINED + CONNECT + ABANDON, CEL)
    stint = (await site.read())["s-29"]
    assert (stint.outcome, stint.ending, stint.talk, stint.talk_ms) == (
        Outcome.ANSWERED, Ending.INTERRUPTED, 1, 970)
    assert stint.finished == AT + 2
    (gap,) = await site.gaps_in_full()
    assert (gap.kind, gap.call_id, gap.started, gap.ended) == (GapKind.JOURNAL_LOST, "s-29", AT + 1, AT + 2)
    assert "the conversation with a101" in gap.detail
    assert "30 s later, had no line of the end" in gap.detail


async def test_who_still_waits_or_talks_by_cel_is_left_alone(site: Site) -> None:
    site.write(JOINED + CONNECT, UNTIL_CONNECT)
    stints = await site.read()
    assert stints["s-28"].outcome is Outcome.WAITING
    assert stints["s-29"].finished is None
    assert await site.gaps() == []


async def test_an_agent_who_talks_on_after_a_masquerade_is_left_alone(site: Site) -> None:
    site.write(JOINED + CONNECT, UNTIL_CONNECT + cel("2.11 CHAN_END s-29 s-29 PJSIP/trunk-1d - -"))
    assert (await site.read())["s-29"].finished is None


async def test_the_next_waiting_on_the_same_channel_is_not_taken_for_the_one_that_ended(site: Site) -> None:
    again = f"{AT + 4}|s-28|operator|NONE|ENTERQUEUE||09121111111|1\n"
    site.write(JOURNAL + again, CEL + cel("4.10 APP_START s-28 s-28 PJSIP/trunk-1c Queue -"))
    assert (await site.read())["s-28"].outcome is Outcome.WAITING
    assert await site.gaps() == []


async def test_lines_that_come_after_all_have_the_last_word_once(site: Site) -> None:
    site.write(JOINED, CEL)
    stints = await site.read()
    assert {stint.outcome for stint in stints.values()} == {Outcome.INTERRUPTED}
    site.write(CONNECT + COMPLETE + ABANDON)
    for _ in range(2):
        stints = await site.read()
        answered, abandoned = stints["s-29"], stints["s-28"]
        assert (answered.outcome, answered.ending, answered.agent) == (Outcome.ANSWERED, Ending.CALLER, "a101")
        assert (answered.wait_ms, answered.talk_ms, answered.ended_by_cel) == (310, 970, False)
        assert (abandoned.outcome, abandoned.wait, abandoned.ended_by_cel) == (Outcome.ABANDONED, 2, False)
        assert sorted(call for call, _, _ in await lost(site)) == ["s-28", "s-29"]
        site.restart()


async def test_a_late_answer_whose_end_is_still_missing_is_closed_again(site: Site) -> None:
    site.write(JOINED + ABANDON, CEL)
    await site.read()
    site.write(CONNECT)
    stint = (await site.read())["s-29"]
    assert (stint.outcome, stint.ending, stint.wait_ms, stint.talk_ms) == (
        Outcome.ANSWERED, Ending.INTERRUPTED, 310, 970)
    assert stint.ended_by_cel


async def test_a_late_end_alone_tells_of_the_whole_conversation(site: Site) -> None:
    site.write(JOINED + ABANDON, CEL)
    await site.read()
    site.write(COMPLETE)
    stint = (await site.read())["s-29"]
    assert (stint.outcome, stint.ending, stint.agent, stint.talk) == (Outcome.ANSWERED, Ending.CALLER, "a101", 1)


async def test_the_next_start_of_asterisk_leaves_cels_word(site: Site) -> None:
    site.write(JOINED + CONNECT + COMPLETE, CEL)
    await site.read()
    site.write(f"{AT + 90}|NONE|NONE|NONE|QUEUESTART|\n")
    assert (await site.read())["s-28"].finished == AT + 2
