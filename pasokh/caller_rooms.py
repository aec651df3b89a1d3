"""What all rooms know of one caller: a room that keeps another thing of callers adds its line here."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import agent_softphone.desk.caller_data as desk
import callqueue.caller_data as queues
import followups.caller_data as cases
import ivr.caller_data as menus
import recordings.caller_data as sounds
import reports.callers.request_days as requests
from callqueue.cel.feed import CelSink
from callqueue.journal.erasure import Record
from callqueue.journal.feed import JournalSink
from foundation.database import Store
from foundation.erasure import Alias, Row, Step, normal_form
from foundation.paths import Home
from foundation.settings import Settings
from pasokh.keeping import Keeping
from recordings.keeping import sent_shelf
from recordings.keeping.holds import Belongings
from recordings.keeping.keeping import Thing
from recordings.keeping.sound_shelf import BESIDE


def steps(home: Home) -> tuple[Step, ...]:
    """Every place where a caller's number or words stand in the databases, beside what is kept of his calls."""
    return (
        *desk.STEPS, *cases.steps(home), *sent_shelf.STEPS, *sounds.STEPS, *menus.STEPS, *queues.STEPS,
        *requests.STEPS,  # last: they are made of what stands in the others
    )


def covered_tables(home: Home) -> frozenset[str]:
    """The tables that are put right when a caller is forgotten."""
    return frozenset().union(*(step.tables for step in steps(home)), (table.name for table in BESIDE))


EXEMPT: Mapping[str, str] = {
    "agent_seen": "of agents",
    "audit": "ids and keyed hashes, no numbers; nobody can change it",
    "do_not_call": "who wants no calls must not be called because he was forgotten",
    "erasure": "it has the number only until it is forgotten everywhere else",
    "floor_message": "between supervisors and agents",
    "followup_action": "of faults of the organisation, not of persons",
    "followup_action_event": "of faults of the organisation, not of persons",
    "gap": "times and names of files",
    "ivr_day": "counts, and lengths of stays in menus",
    "journal_source": "names of files and hashes, which are put right with the files",
    "quality_draft": "of agents' work, who may reply to it",
    "quality_draw": "rules",
    "quality_evaluation": "of agents' work, who may reply to it",
    "quality_pick": "which rule chose a recording",
    "quality_reply": "an agent's own words",
    "quality_scorecard": "questions",
    "request_claim": "times",
    "request_doubt": "ids of calls, recordings and messages",
    "report_mail": "when reports were sent, and why not",
    "report_schedule": "which reports, and the managers who get them",
    "rollup_rules": "lengths of time",
    "web_session": "of users of the pages",
}
"""Tables with texts or numbers that no step touches, and why."""


def durable_records(home: Home, settings: Settings) -> tuple[Record, ...]:
    """The files that the ledger is made from."""
    return (
        Record("journal", home.queue_log, settings.site.name, JournalSink()),
        Record("cel", home.cel_log, settings.site.name, CelSink()),
    )


async def all_numbers(site: Keeping) -> set[str]:
    """Every number that a site knows, in its normal form."""
    found: set[str] = set()
    for step in steps(site.home):
        if step.numbers is not None:
            store = site.main if step.store is Store.MAIN else site.ledger
            async with store.read() as connection:
                found.update(await step.numbers(connection))
    return {number for one in found if (number := normal_form(one))}


@dataclass(frozen=True, slots=True)
class CallerRooms:
    """One site's knowledge of one caller."""

    site: Keeping
    alias: Alias

    async def calls(self) -> set[str]:
        """His calls, and ours to him."""
        async with self.site.main.read() as connection:
            found = await menus.calls_of(connection, self.alias) | await sounds.calls_of(connection, self.alias)
            found |= await queues.calls_to(connection, self.alias)
        async with self.site.ledger.read() as connection:
            return found | await queues.calls_of(connection, self.alias)

    async def things(self, calls: Collection[str]) -> list[Thing]:
        """The sound that is kept of these calls."""
        async with self.site.main.read() as connection:
            return await sounds.things_of(connection, calls)

    async def belongings(self, calls: Collection[str], things: Collection[Thing]) -> Belongings:
        """All that a hold might name."""
        async with self.site.main.read() as connection:
            codes = await cases.codes_of(connection, self.alias)
            linked = await cases.cases_of(connection, [*calls, *(one.id for one in things)])
        return Belongings(
            frozenset(one.id for one in things), frozenset(calls), frozenset({self.alias.number}),
            frozenset(codes) | {code for _, code, _ in linked},
        )

    async def find(self) -> dict[str, list[Row]]:
        """What each step finds; steps that find nothing are left out."""
        found: dict[str, list[Row]] = {}
        for step in steps(self.site.home):
            store = self.site.main if step.store is Store.MAIN else self.site.ledger
            async with store.read() as connection:
                rows = await step.find(connection, self.alias)
            if rows:
                found[step.name] = rows
        return found


__all__ = ["EXEMPT", "CallerRooms", "all_numbers", "covered_tables", "durable_records", "steps"]
