"""Following up a case by telephone: the code tells the state, the proof the result, and guesses are counted."""

import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import State
from followups.telling.result_sounds import UNSPOKEN
from foundation.identity_numbers import with_check_digit
from ivr.actions import CallContext, Ending, Outcome, handler
from ivr.case_room import case_room
from ivr.menu.menu import FollowupAction
from ivr.self_service.desk import service_desk
from ivr.speech import GRAMMARS, PAUSE
from ivr.steps.steps import StepLog
from tests.support.case_site import DAY_MS, NATIONAL_ID, NUMBER, OTHER_ID, WISH, case_site
from tests.support.result_line import Line, ResultSite

RIGHT, WRONG, PIN = NATIONAL_ID[-4:], "1111", "774169"
STRANGE = "09350000000"


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ResultSite]:
    class Prover:
        """The back office: everybody has the same PIN."""

        def __init__(self, _desk: object, _caller: str) -> None: ...

        async def prove(self, _national_id: str, pin: str) -> str | None:
            return "person" if pin == PIN else None

    async with case_site(tmp_path) as cases:
        cases.clock.now = round(time.time() * 1000)
        made = ResultSite.of(cases)
        made.resources._kept[service_desk] = object()
        monkeypatch.setattr("ivr.actions.followup.CallersProof", Prover)
        yield made


async def asked(site: ResultSite, *keys: str, caller: str = NUMBER) -> tuple[Outcome, Line]:
    """A caller chose to follow up his case, and presses these keys in turn."""
    line = Line(list(keys), caller, call_id="17.1")
    call: Any = line
    steps = StepLog("17.1")
    context = CallContext(site.cases.home, site.settings, site.resources, steps, caller, None, time.time,
                          time.monotonic)
    outcome = await handler("followup")(call, context, FollowupAction(do="followup"))
    assert line.keys == []
    return outcome, line


async def test_the_code_tells_state_and_deadline_to_everybody(site: ResultSite) -> None:
    case = await site.cases.opened()
    outcome, line = await asked(site, "1", case.code, "*", caller=STRANGE)
    assert outcome == Outcome(Ending.HELPED, "state")
    at = line.played.index("followup-state-open")
    digits, day = line.played[line.played.index("followup-case") + 1:at], line.played[at + 2:-1]
    assert len([prompt for prompt in digits if prompt != PAUSE]) >= 3
    due = datetime.fromtimestamp((case.due_ms or 0) / 1000 - 1, site.cases.office.book.zone)
    assert line.played[at + 1] == "followup-due"
    assert tuple(day) == GRAMMARS["fa"].date(due.date())


async def test_a_broken_promise_is_not_hidden(site: ResultSite) -> None:
    case = await site.cases.opened(contact_ms=site.cases.clock.now - 20 * DAY_MS)
    _, line = await asked(site, "1", case.code, "*")
    assert "followup-overdue" in line.played


async def test_a_slip_of_the_finger_is_told_at_once(site: ResultSite) -> None:
    case = await site.cases.opened()
    slipped = f"{case.code[:-1]}{(int(case.code[-1]) + 1) % 10}"
    outcome, line = await asked(site, "1", slipped, case.code, "*")
    assert (outcome.result, "followup-code-wrong" in line.played) == ("state", True)


async def test_guessed_codes_are_counted_over_many_calls_until_it_is_locked(site: ResultSite) -> None:
    case = await site.cases.opened()
    unknown = "572400000"
    codes = [code for number in range(9) if (code := _valid(unknown, number)) != case.code]
    for first in range(0, 9, 3):
        outcome, _ = await asked(site, "1", *codes[first:first + 3], caller=STRANGE)
        assert outcome == Outcome(Ending.FAILED, "unknown")
    outcome, _ = await asked(site, "1", codes[0], codes[1], caller=STRANGE)
    assert outcome == Outcome(Ending.FAILED, "locked")
    assert (await asked(site, "1", case.code, caller=STRANGE))[0].result == "locked"
    assert (await asked(site, "1", case.code, "*"))[0].result == "state"


def _valid(code: str, number: int) -> str:
    return with_check_digit(f"{int(code[:-1]) + number:08}")


async def test_from_his_own_telephone_the_code_is_enough_for_the_result(site: ResultSite) -> None:
    case = await site.resolved()
    outcome, line = await asked(site, "1", case.code, "1")
    assert outcome == Outcome(Ending.HELPED, "solved")
    assert (line.heard, "result-ask-digits" in line.played) == (True, False)
    assert await site.state(case) is State.CLOSED


@pytest.mark.parametrize(("keys", "result", "heard", "state"), [
    ((RIGHT, "2"), Outcome(Ending.HELPED, "not_solved"), True, State.REOPENED),
    ((RIGHT, "3"), Outcome(Ending.QUEUE, "agent", "insurance"), True, State.TOLD),
    ((RIGHT, "*"), Outcome(Ending.HELPED, "told"), True, State.TOLD),
    ((WRONG, WRONG, WRONG), Outcome(Ending.FAILED, "not_proved"), False, State.RESOLVED),
    (("", ""), Outcome(Ending.FAILED, "no_answer"), False, State.RESOLVED),
])
async def test_from_another_telephone_the_last_digits_are_asked_for(
    site: ResultSite, keys: tuple[str, ...], result: Outcome, heard: bool, state: State,
) -> None:
    case = await site.resolved()
    outcome, line = await asked(site, "1", case.code, *keys, caller=STRANGE)
    assert (outcome, line.heard) == (result, heard)
    assert await site.state(case) is state


async def test_where_no_national_id_is_known_the_code_is_all_that_he_can_know(site: ResultSite) -> None:
    case = await site.resolved(person=Person("زهرا", "", (Address(WISH.channel, NUMBER),)))
    outcome, line = await asked(site, "1", case.code, "1", caller=STRANGE)
    assert (outcome.result, line.heard) == ("solved", True)


async def test_a_result_that_cannot_be_spoken_is_told_by_a_person(site: ResultSite) -> None:
    case = await site.resolved()
    folder = (await site.resources.get(case_room)).sounds.folder(case.code, 0)
    for path in folder.iterdir():
        path.unlink()
    (folder / UNSPOKEN).touch()
    outcome, line = await asked(site, "1", case.code, "0")
    assert (outcome, line.heard) == (Outcome(Ending.QUEUE, "agent", "insurance"), False)


async def test_national_id_and_pin_lead_to_the_result_that_waits(site: ResultSite) -> None:
    await site.cases.opened()
    case = await site.resolved()
    outcome, line = await asked(site, "2", NATIONAL_ID, PIN, "1", caller=STRANGE)
    assert (outcome.result, line.heard) == ("solved", True)
    assert await site.state(case) is State.CLOSED


async def test_several_cases_are_told_one_after_the_other(site: ResultSite) -> None:
    first, second = await site.cases.opened(), await site.cases.opened()
    assert first.code != second.code
    outcome, line = await asked(site, "2", NATIONAL_ID, PIN, "2", "1", "*", caller=STRANGE)
    assert (outcome.result, line.played.count("followup-case")) == ("state", 3)
    assert line.played.count("followup-choice-next") == 1


@pytest.mark.parametrize(("keys", "result"), [
    (("2", NATIONAL_ID, "000000", NATIONAL_ID, "000000", NATIONAL_ID, "000000"), Outcome(Ending.FAILED, "not_proved")),
    (("2", OTHER_ID, PIN), Outcome(Ending.HELPED, "none")),
    (("2", "*"), Outcome(Ending.CANCELLED, "cancelled")),
    (("1", "12*"), Outcome(Ending.CANCELLED, "cancelled")),
    (("*",), Outcome(Ending.CANCELLED, "cancelled")),
    (("", "7", ""), Outcome(Ending.FAILED, "no_answer")),
    (("1", "", "123", ""), Outcome(Ending.FAILED, "no_answer")),
])
async def test_every_other_way_out(site: ResultSite, keys: tuple[str, ...], result: Outcome) -> None:
    await site.cases.opened()
    assert (await asked(site, *keys))[0] == result

