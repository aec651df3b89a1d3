"""The report of quality: what evaluators found, by agent, queue, scorecard or question."""

from collections.abc import Callable

from callqueue.metrics import Unit
from quality.evaluations import Wanted, evaluations, used_cards
from quality.results import PASSPORTS, Cards, Dimension, Line, tell_quality
from reports.frame.parameters import AGENTS, QUEUES, Parameters, one_of
from reports.frame.report import Context, Group, Report
from reports.frame.sheets import Column, Row, Sheet
from reports.queues.queue import refuse_unknown_queues

BY = one_of("by", Dimension, Dimension.AGENT)
COLUMNS = (
    Column("evaluations", "column.evaluations", Unit.COUNT),
    Column("evaluated_calls", "column.evaluated_calls", Unit.COUNT),
    Column("quality_score", "column.quality_score", Unit.RATIO),
    Column("quality_lowest", "column.quality_lowest", Unit.RATIO),
    Column("quality_failed", "column.quality_failed", Unit.COUNT),
    Column("quality_skipped", "column.quality_skipped", Unit.COUNT),
)


async def build_quality(context: Context, parameters: Parameters) -> Sheet:
    """Evaluations submitted in this time."""
    queues, agents, by = parameters[QUEUES], parameters[AGENTS], parameters[BY]
    if queues:
        async with context.ledger() as ledger:
            await refuse_unknown_queues(ledger, queues, context.settings)
    start, end = parameters.interval.start * 1000, parameters.interval.end * 1000
    async with context.main() as main:
        found = await evaluations(main, Wanted(
            since_ms=start, until_ms=end, queues=frozenset(queues) if queues else None))
        cards = await used_cards(main)
    lines = tell_quality((one for one in found if not agents or one.agent in agents), by, cards)
    title_of = _titles(context, by, cards)
    notes = () if lines else (context.texts("report.quality.none"),)
    first = Column("name", f"column.{by.value}")
    return Sheet(
        "quality", "report.quality.title", parameters.interval, context.now, context.zone, (first, *COLUMNS),
        [_row(line, title_of) for line in lines], PASSPORTS, notes, {"by": by.value})


def _row(line: Line, title_of: Callable[[str], str]) -> Row:
    cells: dict[str, str | float | None] = {
        "name": line.name, "evaluations": line.evaluations, "evaluated_calls": line.calls,
        "quality_score": line.score, "quality_lowest": line.lowest, "quality_failed": line.failed,
        "quality_skipped": line.skipped,
    }
    return Row(cells, {"name": title_of(line.name)}, red=bool(line.failed))


def _titles(context: Context, by: Dimension, cards: Cards) -> Callable[[str], str]:
    """What people read instead of the name; the newest version of a card names its questions."""
    language, settings, titles = context.texts.language, context.settings, dict[str, str]()
    for (name, _), card in sorted(cards.items()):
        titles[name] = card.titles[language]
        titles |= {f"{name}.{one.id}": one.titles[language] for one in card.questions}
    if by is Dimension.AGENT:
        titles = {name: agent.name or name for name, agent in settings.agents.items()}
    elif by is Dimension.QUEUE:
        titles = {name: queue.title.get(language, name) for name, queue in settings.queues.items()}
    return lambda name: titles.get(name, name)


REPORT = Report("quality", Group.AGENTS, build_quality, (BY, QUEUES, AGENTS), "-30d")
