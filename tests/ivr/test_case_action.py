"""A caller opens a case by keys: where he is told the result, its code, its deadline."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from followups.cases.case import Case, Channel, LinkKind
from followups.cases.store import Wanted
from foundation.database import MAIN
from ivr.actions import CallContext, Ending, Outcome, handler, known_names
from ivr.menu.menu import CaseAction
from ivr.speech import GRAMMARS, PAUSE
from ivr.steps.steps import StepLog
from tests.support.case_site import NUMBER, SARA, case_site
from tests.support.result_line import GONE, Line, ResultSite

SUBJECT = "insurance-records"


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[ResultSite]:
    async with case_site(tmp_path) as cases:
        cases.clock.now = round(time.time() * 1000)
        yield ResultSite.of(cases)


async def asked(site: ResultSite, *keys: str, caller: str = NUMBER, call_id: str = "17.1") -> tuple[Outcome, Line]:
    line = Line(list(keys), caller, call_id=call_id)
    call: Any = line
    context = CallContext(site.cases.home, site.settings, site.resources, StepLog(call_id), caller, None, time.time,
                          time.monotonic)
    outcome = await handler("case")(call, context, CaseAction(do="case", subject=SUBJECT))
    return outcome, line


async def kept(site: ResultSite) -> list[Case]:
    return list(await site.cases.office.reading.list(Wanted(), SARA))


async def test_one_key_opens_a_case_and_tells_its_code_and_deadline(site: ResultSite) -> None:
    outcome, line = await asked(site, "1", "*")
    assert outcome == Outcome(Ending.HELPED, "opened")
    [case] = await kept(site)
    assert (case.subject, case.channel, case.language) == (SUBJECT, Channel.CALL, "fa")
    code = line.played[line.played.index("tracking-code") + 1:line.played.index("tracking-again")]
    assert tuple(code) == GRAMMARS["fa"].digits(case.code)
    due = datetime.fromtimestamp((case.due_ms or 0) / 1000 - 1, site.cases.office.book.zone)
    day = line.played[line.played.index("followup-due") + 1:]
    assert [prompt for prompt in day if prompt != PAUSE] == [
        prompt for prompt in GRAMMARS["fa"].date(due.date()) if prompt != PAUSE]


async def test_the_call_and_the_number_are_at_the_case(site: ResultSite) -> None:
    await asked(site, "2", "02188776655", "1", "*")
    [case] = await kept(site)
    view = await site.cases.office.reading.view(case.code, SARA)
    assert [(link.kind, link.reference) for link in view.links] == [(LinkKind.CALL, "17.1")]
    assert "02188776655" in str(view)


async def test_the_same_call_opens_a_case_on_a_subject_once(site: ResultSite) -> None:
    await asked(site, "1", "*")
    await asked(site, "1", "*")
    assert len(await kept(site)) == 1
    await asked(site, "1", "*", call_id="17.2")
    assert len(await kept(site)) == 2


@pytest.mark.parametrize(("keys", "outcome"), [
    (("*",), Outcome(Ending.CANCELLED, "cancelled")),
    (("", "", ""), Outcome(Ending.FAILED, "no_number")),
])
async def test_who_confirms_no_number_opens_none(site: ResultSite, keys: tuple[str, ...], outcome: Outcome) -> None:
    found, _ = await asked(site, *keys)
    assert found == outcome
    assert await kept(site) == []


async def test_nothing_is_promised_while_cases_cannot_be_kept(site: ResultSite) -> None:
    async with site.cases.database.write() as connection:
        await connection.run_sync(MAIN.drop_all)
    outcome, line = await asked(site, "1", GONE)
    assert outcome == Outcome(Ending.FAILED, "down")
    assert "case-not-opened" in line.played
    assert "case-opened" not in line.played


def test_menus_may_name_the_subjects_that_take_cases(site: ResultSite) -> None:
    assert SUBJECT in known_names("case", site.cases.home, site.settings)
