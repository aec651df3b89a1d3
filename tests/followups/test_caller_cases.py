"""Whose agents speak about a case, and what a caller is known by."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from followups.cases.caller_cases import CallerCases, caller_cases, queue_for
from followups.cases.case import Channel
from followups.cases.contacts import Address, Person
from followups.cases.lifecycle import Closing
from tests.support.case_site import NATIONAL_ID, NUMBER, OTHER_ID, SARA, CaseSite, case_site

QUEUES = {"operator": None, "insurance": None, "medical": None}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[CaseSite]:
    async with case_site(tmp_path) as made:
        yield made


@pytest.fixture
def reading(site: CaseSite) -> CallerCases:
    return caller_cases(site.office)


@pytest.mark.parametrize(("subject", "chosen", "queue"), [
    ("insurance-records", {}, "insurance"),
    ("insurance-records", {"insurance": "medical"}, "medical"),
    ("insurance-records", {"insurance-records": "operator", "insurance": "medical"}, "operator"),
    ("pensions-payment", {}, "operator"),
    ("pensions-payment", {"pensions": "insurance"}, "insurance"),
])
async def test_the_nearest_subject_with_a_queue_decides(
    site: CaseSite, subject: str, chosen: dict[str, str], queue: str,
) -> None:
    case = await site.opened(subject=subject)
    assert queue_for(case, site.office.book, QUEUES, chosen, "operator") == queue


async def test_a_caller_is_known_by_his_national_id_and_where_he_is_met(site: CaseSite, reading: CallerCases) -> None:
    case = await site.opened()
    found = await reading.by_code(case.code)
    assert found is not None
    assert found.national_id == NATIONAL_ID
    assert [found.is_at(number) for number in (NUMBER, "+989121234567")] == [True, True]
    assert [found.is_at(number) for number in ("09120000000", "")] == [False, False]
    assert NATIONAL_ID not in repr(found)
    assert await reading.by_code("000000000") is None
    assert await reading.by_call("ob-none") is None


async def test_who_gave_only_a_mailbox_is_met_nowhere_by_telephone(site: CaseSite, reading: CallerCases) -> None:
    case = await site.opened(person=Person("زهرا", "", (Address(Channel.WEB, "zahra@example.org"),)))
    found = await reading.by_code(case.code)
    assert found is not None
    assert (found.national_id, found.numbers, found.is_at("")) == (None, frozenset(), False)


async def test_his_open_cases_come_before_the_closed_ones(site: CaseSite, reading: CallerCases) -> None:
    first = await site.opened()
    site.clock.now += 1000
    second = await site.opened()
    await site.office.desk.close(second.code, Closing.WITHDRAWN, SARA, reason="he says so")
    assert [one.case.code for one in await reading.of_person(NATIONAL_ID)] == [first.code, second.code]
    assert await reading.of_person(OTHER_ID) == []
