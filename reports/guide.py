"""The part of docs/figures.md that is made from the passports: `python -m reports.guide` writes it anew."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path

from callqueue.metrics import Passport, passports
from followups.deadlines.timeliness import PASSPORTS as KEPT
from followups.surveys.satisfaction import PASSPORTS as SATISFACTION
from foundation.paths import CHECKOUT
from quality.results import PASSPORTS as QUALITY
from reports.agents.adherence_sheet import PASSPORTS as ADHERENCE
from reports.agents.agent_time_sheets import OCCUPANCY_PASSPORTS, PAUSE_PASSPORTS
from reports.agents.agents import PASSPORTS as AGENTS
from reports.agents.passing_on import PASSPORTS as TRANSFERS
from reports.agents.unanswered_rings import PASSPORTS as RINGS
from reports.callers.channel_shift import PASSPORTS as SHIFT
from reports.callers.first_contact import PASSPORTS as RESOLUTION
from reports.callers.provinces_sheet import PASSPORTS as PROVINCES
from reports.callers.pulse_sheet import PASSPORTS as PULSE
from reports.callers.repeats import PASSPORTS as REPEATS
from reports.callers.voice_messages import PASSPORTS as MESSAGES
from reports.cases.faults import PASSPORTS as FAULTS
from reports.queues.blocked_sheet import PASSPORTS as BLOCKED
from reports.queues.growth_sheet import PASSPORTS as GROWTH
from reports.staffing.passports import PASSPORTS as STAFFING

BEGIN = "<!-- passports: written by `python -m reports.guide`, do not edit by hand -->"
END = "<!-- end of passports -->"
GUIDE = CHECKOUT / "docs" / "figures.md"


def passport_table(shown: Iterable[Passport]) -> str:
    """Passports as rows of a Markdown table."""
    names = ("id", "unit", "formula", "parameters", "evidence", "resolution", "version")
    head = f"| {' | '.join(names)} |\n|{' --- |' * len(names)}"
    return "\n".join([head, *(_line(passport) for passport in shown)])


def renewed(text: str) -> str:
    """The guide with its passports as they are now.

    Raises:
        ValueError: the marks between which they stand are not there.
    """
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"the guide needs the lines {BEGIN} and {END}, and the passports between them")
    queues, agents = passport_table(passports().values()), passport_table(AGENTS)
    known = {*passports(), *(one.id for one in AGENTS)}
    cases = "\n\n".join(f"Of `report {name}`:\n\n{passport_table(_but(known, shown))}" for name, shown in (
        ("voice-messages", MESSAGES), ("provinces", PROVINCES), ("repeat-callers", REPEATS),
        ("channel-shift", SHIFT), ("pulse", PULSE),
        ("growth", GROWTH), ("blocked", BLOCKED), ("first-contact-resolution", RESOLUTION),
        ("occupancy", OCCUPANCY_PASSPORTS), ("pauses", PAUSE_PASSPORTS), ("adherence", ADHERENCE),
        ("transfers", TRANSFERS), ("ring-no-answer", RINGS),
        ("followups", KEPT), ("satisfaction", SATISFACTION), ("faults", FAULTS), ("quality", QUALITY)))
    staffing = f"Of `bin/pasokh staffing` (staffing.md):\n\n{passport_table(STAFFING.values())}"
    return f"{before}{BEGIN}\n\n{queues}\n\nOf `report agents`:\n\n{agents}\n\n{cases}\n\n{staffing}\n\n{END}{after}"


def _but(known: Container[str], shown: Mapping[str, Passport]) -> list[Passport]:
    """Those that stand in no table above."""
    return [passport for name, passport in shown.items() if name not in known]


def _line(passport: Passport) -> str:
    parameters = ", ".join(passport.parameters) or "–"
    return (f"| `{passport.id}` | {passport.unit.value} | {passport.formula} | {parameters} | {passport.evidence} "
            f"| {passport.resolution} | {passport.version} |")


def write(guide: Path = GUIDE) -> None:
    guide.write_text(renewed(guide.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
