"""How the beginning of a piece of time is written: a day where pieces are days or longer, else a moment."""

from datetime import datetime

from foundation.calendars import CLOCK_STEPS, Step, day_text
from reports.frame.report import Context


def beginning(instant: int, step: Step, context: Context) -> str:
    if step in CLOCK_STEPS or step is Step.NONE:
        return context.teller.moment(instant)
    return day_text(datetime.fromtimestamp(instant, context.zone).date(), context.texts.language)
