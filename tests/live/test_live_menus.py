"""Callers in the menus, by real keys: every step is kept, what is played is heard, and both records agree."""

import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.sipp import Caller, Keys, call
from foundation.database import Database, Store, store_url
from foundation.settings import LANGUAGES, Language
from ivr.steps.steps import Step
from ivr.steps.store import read_paths
from reports.menus.paths import UNFINISHED, ending_of
from tests.support.envelopes import babble, likeness
from tests.support.live_calls import IN_QUEUE
from tests.support.live_line import LiveLine, Moment
from tests.support.live_site import KEY_OF
from tests.support.raw_phone import raw_call
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

IDLE = KEY_OF["idle"]
PERSIAN, TURKISH, ENGLISH = (
    Caller(f"0915000000{key}", (Keys(0.6, key), Keys(0.9, IDLE)), IN_QUEUE) for key in ("1", "2", "3")
)
AT_ONCE = Caller("09150000004", patience=0.1)
IN_FIRST_MENU = Caller("09150000005", patience=1.2)
IN_SECOND_MENU = Caller("09150000006", (Keys(0.6, "2"),), 1.2)
AFTER_BACK = Caller("09150000007", (Keys(0.6, "1"), Keys(0.9, "*")), 1.2)
WRONG = Caller("09150000008", (Keys(0.6, "9"), Keys(1.2, "1"), Keys(0.9, IDLE)), IN_QUEUE)
CALLERS = (PERSIAN, TURKISH, ENGLISH, AT_ONCE, IN_FIRST_MENU, IN_SECOND_MENU, AFTER_BACK, WRONG)

EXPECTED = {
    PERSIAN.number: f"language 1 chosen, subject {IDLE} chosen, queued",
    TURKISH.number: f"language 2 chosen, subject {IDLE} chosen, queued",
    ENGLISH.number: f"language 3 chosen, subject {IDLE} chosen, queued",
    AT_ONCE.number: "hung_up",
    IN_FIRST_MENU.number: "language - hung_up, hung_up",
    IN_SECOND_MENU.number: "language 2 chosen, subject - hung_up, hung_up",
    AFTER_BACK.number: "language 1 chosen, subject * back, language - hung_up, hung_up",
    WRONG.number: f"language 9 wrong_key, language 1 chosen, subject {IDLE} chosen, queued",
}


@asynccontextmanager
async def main_store(line: LiveLine) -> AsyncIterator[Database]:
    database = Database(store_url(line.home, line.settings, Store.MAIN))
    try:
        yield database
    finally:
        await database.close()


async def paths_of(line: LiveLine, since: Moment) -> dict[str, tuple[Step, ...]]:
    async with main_store(line) as database, database.read() as connection:
        found = await read_paths(connection, since.at, since.at + 600)
    return {path[0].caller or "": path for path in found}


def written(path: tuple[Step, ...]) -> str:
    steps = [f"{step.name} {step.key or '-'} {step.result}" for step in path if step.kind == "menu"]
    return ", ".join([*steps, ending_of(path)])


async def test_every_step_is_kept_in_three_languages_and_to_the_moment_of_hanging_up(line: LiveLine) -> None:
    since = line.now()
    await call(line.target, CALLERS, line.sipp, rate=20)
    await line.quiet()

    async def kept() -> dict[str, str]:
        paths = await paths_of(line, since)
        found = {number: written(path) for number, path in paths.items() if number in EXPECTED}
        if AT_ONCE.number in found:
            # He may be gone before or after the first question is asked.
            found[AT_ONCE.number] = found[AT_ONCE.number].removeprefix("language - hung_up, ")
        return found if len(found) == len(EXPECTED) and not any(UNFINISHED in text for text in found.values()) else {}

    assert await eventually(kept, "all steps are delivered") == EXPECTED

    async def agreed() -> bool:
        report = ivr_report(line, since)
        return bool(report["lost_in_menu"] == report["lost_in_menu_steps"] == 4)

    await eventually(agreed, "the ledger counts the callers lost in the menus as the steps do")
    assert {row["menu"] for row in ivr_report(line, since)["menus"]} == {"language", "subject"}


def ivr_report(line: LiveLine, since: Moment) -> dict[str, Any]:
    start = datetime.fromtimestamp(since.at, UTC).isoformat().replace("+00:00", "Z")
    found: dict[str, Any] = json.loads(line.command("report", "ivr", "--from", start, "--format", "json"))
    return found


@contextmanager
def spoken(line: LiveLine) -> Iterator[dict[Language, bytes]]:
    """The subject menu sounds different in each language."""
    files = {language: line.home.prompts / language / "menu-subject.alaw" for language in LANGUAGES}
    before = {language: path.read_bytes() for language, path in files.items()}
    sounds = {language: babble(language) for language in LANGUAGES}
    for language, path in files.items():
        path.write_bytes(sounds[language])
    try:
        yield sounds
    finally:
        for language, path in files.items():
            path.write_bytes(before[language])


@pytest.mark.parametrize(("key", "language"), [("1", "fa"), ("2", "tr"), ("3", "en")])
async def test_the_menu_is_heard_in_the_language_that_was_chosen(line: LiveLine, key: str, language: Language) -> None:
    with spoken(line) as sounds:
        async with raw_call(line.target) as caller:
            assert caller.status == 200
            await caller.press(key)

            async def heard() -> bool:
                sound = b"".join(packet for _, packet in caller.heard)
                return likeness(sounds[language], sound) > 0.9

            await eventually(heard, "the prompt is heard", within=10)
            sound = b"".join(packet for _, packet in caller.heard)
            assert all(likeness(sounds[other], sound) < 0.7 for other in LANGUAGES if other != language)
    await line.quiet()


async def test_over_its_capacity_the_line_says_so_and_counts_it(line: LiveLine) -> None:
    since = line.now()
    line.console("dialplan set global PASOKH_CAPACITY 0")
    try:
        await call(line.target, [Caller("09150000009")], line.sipp)
    finally:
        line.console(f"dialplan set global PASOKH_CAPACITY {line.settings.capacity.calls}")
    [refused] = await line.written("REFUSED_BUSY", since)
    assert refused.queue == line.settings.default_queue
    await line.quiet()

    async def kept() -> str:
        path = (await paths_of(line, since)).get("09150000009", ())
        return f"{path[0].name} {ending_of(path)}" if path and ending_of(path) != UNFINISHED else ""

    assert await eventually(kept, "its steps are kept") == "busy goodbye"
    report = line.command("report", "calls", "--outcome", "refused_busy", "--from", "-10m", "--format", "csv")
    assert refused.call in report


def text_of(path: Path) -> str:
    """A spooled file may be renamed or delivered while it is looked at."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


async def test_menus_that_are_killed_lose_no_step(line: LiveLine) -> None:
    since = line.now()
    async with raw_call(line.target, {"From": "<sip:09150000010@127.0.0.1>"}) as caller:
        await caller.press("1")
        spool = line.home.spool / "steps"

        async def spooled_or_delivered() -> bool:
            texts = [text_of(path) for path in spool.glob("*")]
            delivered = (await paths_of(line, since)).get("09150000010", ())
            return any('"result": "chosen"' in text for text in texts) or len(delivered) >= 2

        await eventually(spooled_or_delivered, "the step is written")
        before = line.kill("ivr", signal.SIGKILL)
        await line.ready("ivr", but=before)
    await line.quiet()

    async def kept() -> str:
        path = (await paths_of(line, since)).get("09150000010", ())
        return written(path) if len(path) >= 2 else ""

    assert (await eventually(kept, "the steps are delivered")).startswith("language 1 chosen, ")
