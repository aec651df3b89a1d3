"""The interface of reports and corrective actions, asked whatever its description allows: it never breaks."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.schemas import BaseSchema

import followups.web
import reports.web
from followups.book.causes import load_causes
from followups.cases.office import case_office
from followups.faults.corrective import Scope
from followups.faults.corrective_desk import CorrectiveDesk, NewAction
from foundation.web.roles import Role
from reports.catalog import REPORTS
from tests.support.case_site import SARA, WISH
from tests.support.page_site import PageSite
from tests.support.served_pages import ServedPages

ROUTES = (
    *(f"GET /reports/{report.name}" for report in REPORTS), "GET /actions", "POST /actions",
    "GET /staffing/forecast", "GET /staffing/plan", "GET /staffing/what-if",
    "GET /actions/{number}", "POST /actions/{number}/cases", "POST /actions/{number}/mended",
    "POST /actions/{number}/close",
)


async def _fill(site: PageSite) -> None:
    office = case_office(site.web.home, site.web.settings, site.web.database, site.clock)
    case = await office.opening.open(WISH, SARA)
    desk = CorrectiveDesk(site.web.database, office.book, load_causes())
    due, scope = site.clock() + 10**9, Scope("insurance")
    await desk.open(NewAction("Slips come late", "insurance-deputy", "mina", due, scope, [case.code]), SARA)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPages]:
    rooms = [followups.web.room(), reports.web.room()]
    with ServedPages(tmp_path_factory.mktemp("fuzz"), rooms, Role.MANAGER, _fill) as made:
        yield made


@pytest.fixture(scope="module")
def schema(served: ServedPages) -> BaseSchema:
    return schemathesis.openapi.from_url(f"{served.address}/api/v1/openapi.json")


@pytest.mark.parametrize("route", ROUTES)
def test_every_question_has_an_answer_that_the_description_names(
    served: ServedPages, schema: BaseSchema, route: str,
) -> None:
    method, path = route.split(" ", 1)
    operation = schema[path][method]

    @settings(
        max_examples=6, deadline=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate], derandomize=True,
    )
    @given(case=operation.as_strategy(), there=st.booleans())
    def ask(case: Any, there: bool) -> None:
        if there and "number" in case.path_parameters:
            case.path_parameters["number"] = 1
        answer = case.call(headers={"Authorization": f"Bearer {served.token}"}, timeout=120)
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"][0].startswith("application/problem+json")
        else:
            case.validate_response(answer)

    ask()
