"""The part of docs/figures.md that is made from the passports: `python -m reports.guide` writes it anew."""

from collections.abc import Iterable, Mapping
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
from reports.frame.passport_words import wording
from reports.menus.paths import path_passports
from reports.queues.blocked_sheet import PASSPORTS as BLOCKED
from reports.queues.growth_sheet import PASSPORTS as GROWTH
from reports.queues.intervals_sheet import AGENTS_NEEDED
from reports.staffing.passports import PASSPORTS as STAFFING

BEGIN = "<!-- passports: written by `python -m reports.guide`, do not edit by hand -->"
END = "<!-- end of passports -->"
GUIDE = CHECKOUT / "docs" / "figures.md"


GROUPS: tuple[tuple[str, Mapping[str, Passport]], ...] = (
    ("report queue", passports()), ("report agents", {one.id: one for one in AGENTS}),
    ("report intervals", {AGENTS_NEEDED.id: AGENTS_NEEDED}), ("report ivr", path_passports()),
    ("report voice-messages", MESSAGES), ("report provinces", PROVINCES), ("report repeat-callers", REPEATS),
    ("report channel-shift", SHIFT), ("report pulse", PULSE), ("report growth", GROWTH), ("report blocked", BLOCKED),
    ("report first-contact-resolution", RESOLUTION), ("report occupancy", OCCUPANCY_PASSPORTS),
    ("report pauses", PAUSE_PASSPORTS), ("report adherence", ADHERENCE), ("report transfers", TRANSFERS),
    ("report ring-no-answer", RINGS), ("report followups", KEPT), ("report satisfaction", SATISFACTION),
    ("report faults", FAULTS), ("report quality", QUALITY), ("staffing", STAFFING),
)
"""Every passport there is, by the command whose figures they are of."""


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
    known: set[Passport] = set()
    parts = []
    for name, shown in GROUPS:
        parts.append(f"Of `{name}`:\n\n{passport_table(one for one in shown.values() if one not in known)}")
        known.update(shown.values())
    return "\n\n".join((f"{before}{BEGIN}", *parts, f"{END}{after}"))


def _line(passport: Passport) -> str:
    parameters, told = ", ".join(passport.parameters) or "–", wording(passport)
    return (f"| `{passport.id}` | {passport.unit.value} | {told.formula} | {parameters} | {told.evidence} "
            f"| {told.resolution} | {passport.version} |")


def write(guide: Path = GUIDE) -> None:
    guide.write_text(renewed(guide.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
