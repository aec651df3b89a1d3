"""How a request becomes a report: what its address asks for, made aside from the pages' own loop."""

import asyncio
import math

from fastapi import Request

from foundation.web.guards import note
from foundation.web.language import PARAMETER
from foundation.web.refusals import NotPermittedError
from foundation.web.roles import Role
from foundation.web.site import texts_of, user_of, web_of
from reports.frame.parameters import WHOLE_NUMBERS, Pairs, Parameters
from reports.frame.report import Context, Report, make_sheet
from reports.frame.sheets import Sheet

FORMAT = "format"
NOT_ASKED = (PARAMETER, FORMAT)
"""What an address says besides the report's own parameters."""
CALLERS = (Role.SUPERVISOR, Role.MANAGER)
"""Who may see whole numbers."""


def context_of(request: Request) -> Context:
    """In the language of the one who asks, as it is now."""
    web = web_of(request)
    return Context(web.home, web.settings, texts_of(request), math.ceil(web.clock() / 1000))


def asked_pairs(request: Request) -> Pairs:
    """The address's parameters of the report."""
    return [(name, value) for name, value in request.query_params.multi_items() if name not in NOT_ASKED]


async def made_sheet(request: Request, report: Report, parameters: Parameters, context: Context) -> Sheet:
    """The report's sheet; that somebody wanted whole numbers stands in the audit log.

    Raises:
        NotPermittedError: whole numbers are for those alone who may have to call back.
        ParameterError, ReportError, StoreError, DataFileError
    """
    if parameters[WHOLE_NUMBERS]:
        user = user_of(request)
        if user is None or not user.may(*CALLERS):
            raise NotPermittedError
        await note(request, "report.whole-numbers", report.name, query=parameters.query)
    # In a thread of its own: a great report takes a while, and the pages' loop must not wait for it.
    return await asyncio.to_thread(lambda: asyncio.run(make_sheet(report, context, parameters)))
