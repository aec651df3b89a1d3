"""What each figure of a forecast and of a plan is; in words: passports.yaml beside this."""

from collections.abc import Mapping

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import BOTH, EXACT, WAITS

HISTORY = "history"
MODEL = "model"
FORECAST = "forecast"
PLAN = "plan"
PLAN_AND_MODEL = "plan_and_model"

_ALL = (
    Passport("forecast_calls", Unit.NUMBER, HISTORY, FORECAST),
    Passport("forecast_low", Unit.NUMBER, HISTORY, FORECAST),
    Passport("forecast_high", Unit.NUMBER, HISTORY, FORECAST),
    Passport("forecast_spread", Unit.RATIO, HISTORY, FORECAST),
    Passport("forecast_wape", Unit.RATIO, HISTORY, EXACT),
    Passport("forecast_bias", Unit.CHANGE, HISTORY, EXACT),
    Passport("forecast_day_wape", Unit.RATIO, HISTORY, EXACT),
    Passport("naive_wape", Unit.RATIO, HISTORY, EXACT),
    Passport("naive_bias", Unit.CHANGE, HISTORY, EXACT),
    Passport("yearly_growth", Unit.NUMBER, HISTORY, EXACT),
    Passport("seasons", Unit.NUMBER, HISTORY, FORECAST),
    Passport("special_days", Unit.NUMBER, HISTORY, FORECAST),
    Passport("patience", Unit.SECONDS, BOTH, WAITS),
    Passport("agents_erlang_c", Unit.COUNT, MODEL, FORECAST),
    Passport("agents_erlang_a", Unit.COUNT, MODEL, FORECAST),
    Passport("planned_service_level", Unit.RATIO, MODEL, FORECAST),
    Passport("planned_wait", Unit.SECONDS, MODEL, FORECAST),
    Passport("planned_occupancy", Unit.RATIO, MODEL, FORECAST),
    Passport("planned_abandonment", Unit.RATIO, MODEL, FORECAST),
    Passport("scheduled", Unit.COUNT, MODEL, FORECAST),
    Passport("agent_hours", Unit.NUMBER, MODEL, FORECAST),
    Passport("paid_hours", Unit.NUMBER, MODEL, FORECAST),
    Passport("cost", Unit.NUMBER, MODEL, FORECAST),
    Passport("planned_agents", Unit.NUMBER, PLAN, EXACT),
    Passport("needed_agents", Unit.COUNT, MODEL, FORECAST),
    Passport("lacking_agents", Unit.NUMBER, PLAN_AND_MODEL, FORECAST),
    Passport("surplus_agents", Unit.NUMBER, PLAN_AND_MODEL, FORECAST),
    Passport("planned_hours", Unit.NUMBER, PLAN, EXACT),
    Passport("needed_hours", Unit.NUMBER, MODEL, FORECAST),
    Passport("lacking_hours", Unit.NUMBER, PLAN_AND_MODEL, FORECAST),
    Passport("surplus_hours", Unit.NUMBER, PLAN_AND_MODEL, FORECAST),
    Passport("shrinkage_in_plan", Unit.RATIO, PLAN, EXACT),
    Passport("shrinkage_left", Unit.RATIO, PLAN, FORECAST),
    Passport("shift_agents", Unit.COUNT, MODEL, FORECAST),
    Passport("shift_hours", Unit.NUMBER, MODEL, FORECAST),
    Passport("shift_hours_bound", Unit.NUMBER, MODEL, FORECAST),
)
PASSPORTS: Mapping[str, Passport] = {passport.id: passport for passport in _ALL}


def chosen(*names: str) -> Mapping[str, Passport]:
    return {name: PASSPORTS[name] for name in names}
