"""What each figure of a forecast and of a plan is."""

from collections.abc import Mapping

from callqueue.metrics import Passport, Unit
from callqueue.metrics.passports import BOTH, EXACT, JOURNAL, WAITS

HISTORY = f"{JOURNAL}, of the days before"
MODEL = "the forecast and the assumptions that stand beside it"
PLANNED = "the imported plan of working times"
BESIDE = f"{PLANNED}; {MODEL}"
COMPUTED = "computed; as right as forecast and assumptions are"

_ALL = (
    Passport("forecast_calls", Unit.NUMBER, "calls expected in a quarter of an hour: weighted mean of that weekday's"
             " quarters (half-life 28 days, holidays and their neighbours left out) × season of the Jalali month × what"
             " holidays and days beside them did × the growth that was given", HISTORY, COMPUTED),
    Passport("forecast_low", Unit.NUMBER, "max(0, forecast_calls − 1.28 × √(forecast_calls + (forecast_spread ×"
             " forecast_calls)²)): 1 of 10 quarters should stay below", HISTORY, COMPUTED),
    Passport("forecast_high", Unit.NUMBER, "forecast_calls + 1.28 × √(forecast_calls + (forecast_spread ×"
             " forecast_calls)²): 1 of 10 quarters should go above", HISTORY, COMPUTED),
    Passport("forecast_spread", Unit.RATIO, "√(mean((came ÷ forecast − 1)² − 1 ÷ forecast)) of held-back days, at"
             " least 5 %; assumed as 25 % (under 2 weeks of history: 50 %) where fewer than 7 days could be held back",
             HISTORY, COMPUTED),
    Passport("forecast_wape", Unit.RATIO, "sum of absolute errors (forecast − came) ÷ sum of came, over the quarters of"
             " up to 4 held-back weeks, each forecast from what was known before it", HISTORY, EXACT),
    Passport("forecast_bias", Unit.CHANGE, "sum of (forecast − came) ÷ sum of came, over the same quarters", HISTORY,
             EXACT),
    Passport("forecast_day_wape", Unit.RATIO, "forecast_wape of whole days instead of quarters", HISTORY, EXACT),
    Passport("naive_wape", Unit.RATIO, "forecast_wape of the naive forecast (the same quarter a week before), over the"
             " same quarters", HISTORY, EXACT),
    Passport("naive_bias", Unit.CHANGE, "forecast_bias of the naive forecast", HISTORY, EXACT),
    Passport("yearly_growth", Unit.NUMBER, "calls of ordinary days ÷ calls of the same days 364 days before, where at"
             " least 14 pairs of days are known", HISTORY, EXACT),
    Passport("seasons", Unit.NUMBER, "mean of a Jalali month's ordinary days ÷ mean of the months, without growth and"
             " weekday; drawn towards 1 as by 10 more days", HISTORY, COMPUTED),
    Passport("special_days", Unit.NUMBER, "calls of holidays, of days before and of days after ÷ calls of ordinary days"
             " in their places; drawn towards 1 as by one more day", HISTORY, COMPUTED),
    Passport("patience", Unit.SECONDS, "Σ max(0, wait − S) of all callers ÷ those who gave up after S: maximum"
             " likelihood of an exponential patience, waits of who did not give up being censored", BOTH, WAITS),
    Passport("agents_erlang_c", Unit.COUNT, "fewest agents n with 1 − C(n, load) × exp(−(n − load) × T ÷ aht) ≥ the"
             " target's share; load = calls × aht ÷ interval", MODEL, COMPUTED),
    Passport("agents_erlang_a", Unit.COUNT, "fewest agents with P(answered within T) ≥ the target's share in M/M/n+M,"
             " those who gave up counting as not answered", MODEL, COMPUTED),
    Passport("planned_service_level", Unit.RATIO, "P(answered within T) of all callers, in the long run of the model",
             MODEL, COMPUTED),
    Passport("planned_wait", Unit.SECONDS, "mean wait of all callers, those who gave up too, in the long run of the"
             " model; no figure where the queue grows without end", MODEL, COMPUTED),
    Passport("planned_occupancy", Unit.RATIO, "load of those who are served ÷ agents, in the long run of the model",
             MODEL, COMPUTED),
    Passport("planned_abandonment", Unit.RATIO, "share of callers who give up, in the long run of Erlang A", MODEL,
             COMPUTED),
    Passport("scheduled", Unit.COUNT, "agents ÷ (1 − shrinkage), rounded up; agents by Erlang A where patience is"
             " known, otherwise by Erlang C, unless a model was asked for", MODEL, COMPUTED),
    Passport("agent_hours", Unit.NUMBER, "Σ agents × hours of the interval, by the model of the roster", MODEL,
             COMPUTED),
    Passport("paid_hours", Unit.NUMBER, "Σ scheduled × hours of the interval", MODEL, COMPUTED),
    Passport("planned_agents", Unit.NUMBER, "agents of the queues at work by the plan of working times, without its"
             " breaks and absences: the mean over the quarter of an hour", PLANNED, EXACT),
    Passport("needed_agents", Unit.COUNT, "agents ÷ (1 − shrinkage_left), rounded up; agents by the model of the"
             " roster", MODEL, COMPUTED),
    Passport("lacking_agents", Unit.NUMBER, "max(0, needed_agents − planned_agents)", BESIDE, COMPUTED),
    Passport("surplus_agents", Unit.NUMBER, "max(0, planned_agents − needed_agents)", BESIDE, COMPUTED),
    Passport("planned_hours", Unit.NUMBER, "Σ planned_agents × hours of the interval, of days that have a plan",
             PLANNED, EXACT),
    Passport("needed_hours", Unit.NUMBER, "Σ needed_agents × hours of the interval, of days that have a plan", MODEL,
             COMPUTED),
    Passport("lacking_hours", Unit.NUMBER, "Σ lacking_agents × hours of the interval: a surplus at another time makes"
             " up for nothing", BESIDE, COMPUTED),
    Passport("surplus_hours", Unit.NUMBER, "Σ surplus_agents × hours of the interval", BESIDE, COMPUTED),
    Passport("shrinkage_in_plan", Unit.RATIO, "time planned as breaks or absences ÷ all planned time, of the days and"
             " agents asked for", PLANNED, EXACT),
    Passport("shrinkage_left", Unit.RATIO, "(shrinkage − shrinkage_in_plan) ÷ (1 − shrinkage_in_plan), at least 0:"
             " what is expected to be missing besides planned breaks and absences", PLANNED, COMPUTED),
    Passport("shift_agents", Unit.COUNT, "people who work the shift, in a cover of `scheduled` in every quarter of an"
             " hour by shifts of the lengths and starts that were given, with the fewest hours, and of those with the"
             " fewest shifts: a cheapest flow along the time", MODEL, COMPUTED),
    Passport("shift_hours", Unit.NUMBER, "Σ shift_agents × hours of the shift", MODEL, COMPUTED),
    Passport("shift_hours_bound", Unit.NUMBER, "fewest hours of any such cover: the flow's node prices, a solution of"
             " the linear programme's dual", MODEL, COMPUTED),
    Passport("cost", Unit.NUMBER, "scheduled × hours of the interval × cost of a paid hour", MODEL, COMPUTED),
)
PASSPORTS: Mapping[str, Passport] = {passport.id: passport for passport in _ALL}


def chosen(*names: str) -> Mapping[str, Passport]:
    return {name: PASSPORTS[name] for name in names}
