"""Calls that tell results: nothing private before the proof, and every key leads where it says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from followups.cases.case import ToldBy
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import Closing, State
from ivr.agi.connection import HangupError
from ivr.outbound import Owed, result, script_of
from ivr.self_service.back_office import OfficeDownError
from ivr.self_service.desk import service_desk
from tests.support.case_site import NATIONAL_ID, NUMBER, SARA, WISH, case_site
from tests.support.result_line import GONE, Line, ResultSite

RIGHT, WRONG = NATIONAL_ID[-4:], "1111"
NAMELESS = {"person": Person("زهرا", "", (Address(WISH.channel, NUMBER),))}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[ResultSite]:
    async with case_site(tmp_path) as cases:
        yield ResultSite.of(cases, followups={"result_survey": None})


@pytest.fixture(autouse=True)
def _head_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    async def position(owed: Owed, _resources: object) -> int:
        return 1 if owed.place_ms == 0 else 99

    monkeypatch.setattr(result, "entry_position", position)


async def called(site: ResultSite, call_id: str, *keys: str, **line: Any) -> Line:
    """He picks up, and presses these keys in turn."""
    made = Line(list(keys), **line)
    call: Any = made
    try:
        await script_of("result")(call, Owed("result", call_id, 1, "", 0, 1_000), site.resources)
    except HangupError:
        assert made.keys == []
    return made


async def test_who_proves_himself_hears_his_result_and_says_that_it_is_solved(site: ResultSite) -> None:
    case = await site.resolved()
    line = await called(site, await site.ordered(case), "1", RIGHT, "1")
    assert line.outcomes == ["reached"]
    assert line.journal[0].startswith("NONE,ob-1-1,NONE,CALLBACK_RESULT,ob-")
    assert line.variables == {"PASOKH_IDENTITY": "proved"}
    order = [line.played.index(name) for name in ("outbound-hello", "result-ask-digits", "result-begins")]
    first, second = (line.played.index(name) for name in line.played if "result-sounds" in name)
    assert [*order, first, second] == sorted([*order, first, second])
    found = await site.now(case)
    assert (found.state, found.closing, found.told_by) == (State.CLOSED, Closing.SOLVED, ToldBy.CALL)


@pytest.mark.parametrize(("keys", "outcomes", "said", "state"), [
    (("1", RIGHT, "2"), ["reached"], "result-reopened", State.REOPENED),
    (("1", RIGHT, "4", "1"), ["reached"], "result-solved", State.CLOSED),
    (("1", RIGHT, "8", "1"), ["reached"], "result-solved", State.CLOSED),
    (("1", RIGHT, "", ""), ["reached"], "result-goodbye", State.TOLD),
    (("1", RIGHT, GONE), ["reached"], "result-answer", State.TOLD),
    (("1", WRONG, RIGHT, "1"), ["reached"], "result-not-right", State.CLOSED),
    (("1", "", RIGHT, "1"), ["reached"], "result-solved", State.CLOSED),
])
async def test_the_keys_after_the_result(
    site: ResultSite, keys: tuple[str, ...], outcomes: list[str], said: str, state: State,
) -> None:
    case = await site.resolved()
    line = await called(site, await site.ordered(case), *keys)
    assert line.outcomes == outcomes
    assert said in line.played
    assert await site.state(case) is state


@pytest.mark.parametrize(("keys", "outcomes", "said"), [
    (("", ""), ["not_confirmed"], "outbound-not-confirmed"),
    (("8", ""), ["not_confirmed"], "outbound-not-confirmed"),
    (("2",), ["wrong_person"], "outbound-wrong-person"),
    (("9",), ["cancelled"], "result-no-more"),
    (("1", WRONG, WRONG, WRONG), ["not_confirmed"], "result-refused"),
    (("1", "", ""), ["not_confirmed"], "outbound-not-confirmed"),
    (("1", WRONG, GONE), [], "result-not-right"),
    ((GONE,), [], "result-choice"),
])
async def test_who_does_not_prove_himself_hears_nothing_private(
    site: ResultSite, keys: tuple[str, ...], outcomes: list[str], said: str,
) -> None:
    case = await site.resolved()
    line = await called(site, await site.ordered(case), *keys)
    assert (line.outcomes, line.heard) == (outcomes, False)
    assert said in line.played
    assert not any(digit in "".join(line.played) for digit in (case.code, NATIONAL_ID))
    assert await site.state(case) is State.RESOLVED


async def test_whoever_hangs_up_in_the_middle_has_not_heard_it(site: ResultSite) -> None:
    case = await site.resolved()
    line = await called(site, await site.ordered(case), "1", RIGHT, gone_at="part-02")
    assert line.outcomes == []
    assert await site.state(case) is State.RESOLVED


async def test_wrong_digits_lock_the_number_for_later_calls_too(site: ResultSite) -> None:
    case = await site.resolved()
    call_id = await site.ordered(case)
    await called(site, call_id, "1", WRONG, WRONG, WRONG)
    line = await called(site, call_id, "1", RIGHT)
    assert (line.outcomes, line.heard) == (["not_confirmed"], False)


async def test_whose_national_id_is_not_known_types_the_tracking_code(site: ResultSite) -> None:
    case = await site.resolved(**NAMELESS)
    call_id = await site.ordered(case)
    assert (await called(site, call_id, "1", "123456789", GONE)).heard is False
    line = await called(site, call_id, "1", case.code, "1")
    assert ("result-ask-code" in line.played, line.outcomes) == (True, ["reached"])


async def test_who_wants_an_agent_joins_the_queue_of_his_subject_at_the_head(site: ResultSite) -> None:
    case = await site.resolved()
    line = await called(site, await site.ordered(case), "1", RIGHT, "3")
    assert (line.queue, line.finished, line.outcomes) == (("insurance", 0), False, ["reached"])
    assert line.variables["PASOKH_ORIGIN"] == "followup"
    assert line.variables["PASOKH_POSITION"] == "1"
    assert await site.state(case) is State.TOLD


async def test_a_result_that_is_gone_is_not_told(site: ResultSite) -> None:
    case = await site.resolved()
    call_id = await site.ordered(case)
    await site.cases.office.desk.reopen(case.code, "he came to the desk", SARA)
    line = await called(site, call_id)
    assert (line.outcomes, line.played) == (["cancelled"], ["result-settled"])


async def test_who_has_said_what_he_thinks_of_it_is_asked_how_it_was(site: ResultSite) -> None:
    asking = ResultSite.of(site.cases)
    case = await asking.resolved()
    line = await called(asking, await asking.ordered(case), "1", RIGHT, "1", "5", "4")
    assert line.played[-2:] == ["survey-thanks", "result-goodbye"]
    [path] = (site.cases.home.spool / "surveys").glob("*.json")
    assert f'"case_code": "{case.code}"' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("outcomes", "keys", "told"), [
    ([None, "person"], ["9999", "7741", "1"], ["reached"]),
    ([None, None, None], ["1", "9991", "9992", "9993"], ["not_confirmed"]),
    ([OfficeDownError("x")], ["9999"], ["interrupted"]),
])
async def test_a_site_may_ask_for_the_pin(
    site: ResultSite, monkeypatch: pytest.MonkeyPatch, outcomes: list[Any], keys: list[str], told: list[str],
) -> None:
    class Prover:
        def __init__(self, _desk: object, caller: str) -> None:
            assert caller == NUMBER

        async def prove(self, national_id: str, _pin: str) -> str | None:
            assert national_id == NATIONAL_ID
            found = outcomes.pop(0)
            if isinstance(found, Exception):
                raise found
            return found  # type: ignore[no-any-return]

    asking = ResultSite.of(site.cases, followups={"result_proof": "pin", "result_survey": None},
                           identity={"tries": 4 if keys[0] == "1" else 3})
    asking.resources._kept[service_desk] = object()
    monkeypatch.setattr("ivr.result_proof.CallersProof", Prover)
    case = await asking.resolved()
    line = await called(asking, await asking.ordered(case), "1", *keys)
    assert (line.outcomes, line.heard) == (told, told == ["reached"])
