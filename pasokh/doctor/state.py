"""Looks at a site's own things: folder, prompts, databases."""

import asyncio

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from followups.book.book import load_case_book
from followups.cases.office import present_ms
from followups.deadlines.notice_messages import unknown_notified
from followups.vault.keys import KeysUnreadableError, load_keys
from foundation.data_file import DataFileError
from foundation.database import Database, Store, store_url
from foundation.speech import speech_faults, spoken_languages
from ivr.emergency import Mode, read_emergency
from ivr.prompts import CatalogueError, missing
from pasokh.doctor.findings import Finding, fault, good, note
from pasokh.migrations import missing_revisions
from pasokh.site import Site
from quality.book import FOLDER
from quality.sampling import load_sampling, rules_content
from quality.scorecards import load_scorecards
from recordings.transcripts.models import transcript_faults, usable_models

SHOWN = 3
DATABASE_SECONDS = 10


def look_at_folder(site: Site) -> Finding:
    mode = site.home.root.stat().st_mode & 0o777
    if mode & 0o077:
        return fault(f"{site.home.root}: others may look inside (mode {mode:o})", f"chmod 700 {site.home.root}")
    return good(str(site.home.root))


def look_at_prompts(site: Site) -> Finding:
    try:
        absent = missing(site.home)
    except CatalogueError as error:
        return fault(str(error), "mend the texts, then `bin/pasokh prepare`")
    if absent:
        names = ", ".join(str(one) for one in absent[:SHOWN])
        return fault(f"{len(absent)} are missing: {names} ...", "`bin/pasokh prepare` renders them")
    return good("all there")


def look_at_emergency(site: Site) -> Finding:
    found = read_emergency(site.home)
    if found is None:
        return good("nothing is announced")
    what = "the line is CLOSED" if found.mode is Mode.CLOSED else "an emergency announcement is on"
    return note(f"{what}, by {found.who}", "`bin/pasokh emergency off` ends it")


def look_at_database(site: Site) -> Finding:
    try:
        behind = asyncio.run(asyncio.wait_for(_behind(site), DATABASE_SECONDS))
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        where = make_url(store_url(site.home, site.settings, Store.MAIN)).render_as_string(hide_password=True)
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return fault(f"{where} cannot be reached: {reason}", "start it, or mend database.url in site.yaml")
    if behind:
        return fault(f"not up to date: {', '.join(behind)}", "`bin/pasokh prepare` migrates")
    return good("reached, up to date")


def look_at_speech(site: Site) -> Finding:
    faults = list(speech_faults(site.settings))
    if faults:
        return note("; ".join(faults), "menus are keys only until then; docs/spoken-menu.md says what is needed")
    languages = sorted(spoken_languages(site.settings))
    return good(f"menus understand {', '.join(languages)}" if languages else "menus are keys only: no model is set")


def look_at_transcripts(site: Site) -> Finding:
    faults = list(transcript_faults(site.settings))
    if faults:
        return note("; ".join(faults), "everything else works without; docs/transcripts.md says what is needed")
    languages = sorted(usable_models(site.settings))
    if not languages:
        reason = "no model is set" if site.settings.transcripts.workers else "transcripts.workers is 0"
        return good(f"recordings are not written down: {reason}")
    return good(f"recordings are written down in {', '.join(languages)}")


def look_at_quality(site: Site) -> Finding:
    folder = site.home.root / FOLDER
    try:
        cards, rules = load_scorecards(folder / "scorecards.yaml"), load_sampling(folder / "sampling.yaml")
    except DataFileError as error:
        return fault(str(error), "mend the file named; `bin/pasokh quality check` looks again")
    unknown = sorted({queue for card in cards.values() for queue in card.queues} - set(site.settings.queues))
    if unknown:
        return note(f"scorecards are for queues that are not there: {', '.join(unknown)}",
                    f"mend {folder / 'scorecards.yaml'}; such a card is offered for no call")
    return good(f"{len(cards)} scorecards, {len(rules_content(rules))} sampling rules")


def look_at_follow_ups(site: Site) -> Finding:
    try:
        book = load_case_book(site.home, site.settings, present_ms)
        keys = load_keys(site.home)
    except DataFileError as error:
        return fault(str(error), "mend the files named; `bin/pasokh case check` looks again")
    except KeysUnreadableError as error:
        return fault(str(error), "without its keys no national ID can be read or found")
    if unknown := unknown_notified(book, site.settings):
        return fault(f"{', '.join(unknown)}: no such unit", "mend site.yaml; `bin/pasokh case unit list --all`")
    counts = f"{len(book.subjects.by_id)} subjects, {len(book.units.by_id)} units, keys: {len(keys.sealing)}"
    return good(counts)


async def _behind(site: Site) -> list[str]:
    for store in Store:
        database = Database(store_url(site.home, site.settings, store))
        try:
            async with database.read() as connection:
                await connection.execute(text("SELECT 1"))
        finally:
            await database.close()
    return await missing_revisions(site.home, site.settings)
