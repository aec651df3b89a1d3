"""Asks a caller one to three questions by key, when the agent has hung up or a result has been told.

Who answers is not held up: a wrong key or silence is asked once more, then the survey ends. Every answer is kept at
once, and a caller who hangs up in the middle has answered what he has answered.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from followups.surveys.satisfaction import Occasion
from followups.surveys.spool import Asked, Pressed, SurveySpool
from followups.surveys.surveys import Question, Survey, load_surveys
from foundation.data_file import DataFileError
from ivr.actions.context import Resources
from ivr.agi.protocol import Opening
from ivr.call import Call

ANSWER_SECONDS = 6.0
TRIES = 2

log = structlog.get_logger()


async def after_call(call: Call, opening: Opening, resources: Resources) -> None:
    """The dialplan's survey: `survey,<survey>,<queue>,<agent>,<linkedid>,<number of the stint>`."""
    name, queue, agent, call_id, stint = (*opening.arguments, "", "", "", "", "")[:5]
    survey = find_survey(resources, name)
    if survey is None:
        return
    asked = Asked(
        f"{call.call_id}-{stint or 0}", survey.id, Occasion.CALL, _now_ms(), call_id or call.call_id, call.language,
        queue or None, agent or None,
    )
    await ask(call, survey, asked, SurveySpool(resources.home).keep)


def find_survey(resources: Resources, name: str) -> Survey | None:
    """None of one that is not there, or of files that cannot be read: nobody's call ends in a fault for that."""
    try:
        survey = load_surveys(resources.home.surveys).get(name)
    except DataFileError as error:
        log.error("surveys cannot be read", faults=str(error))  # noqa: TRY400 - the faults are enough
        return None
    if survey is None:
        log.error("no such survey", survey=name)
    return survey


async def ask(call: Call, survey: Survey, asked: Asked, keep: Callable[[Asked], None]) -> None:
    """Put every question; raises HangupError when the caller goes, with his answers kept."""
    if survey.invitation is not None:
        await call.play((survey.invitation,))
    keep(asked)
    for question in survey.questions:
        key = await _ask_one(call, question)
        if key is None:
            break
        asked = replace(asked, answers={**asked.answers, question.id: Pressed(key, _now_ms())})
        keep(asked)
    if survey.thanks is not None and asked.answers:
        await call.play((survey.thanks,))


async def _ask_one(call: Call, question: Question) -> int | None:
    for _ in range(TRIES):
        key = await call.ask_key((question.prompt,), ANSWER_SECONDS)
        if question.takes(key):
            return int(key)
    return None


def _now_ms() -> int:
    return round(time.time() * 1000)
