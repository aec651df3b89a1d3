"""Forgetting one caller in everything that a site keeps: sound, words, cases, numbers, the journal's lines.

What stands in his number's place is chosen first and written down; after that every step may be the last before a
crash, and all of them may be done again.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import callqueue.caller_data as queues
import followups.caller_data as cases
import recordings.caller_data as sounds
from callqueue.journal.erasure import JournalEraser, Rotate, UnreadableLogError
from callqueue.outbound.numbers import own_numbers
from callqueue.records.rotation import NotRotatedError, rotation
from followups.cases.actor import Actor
from followups.cases.lifecycle import Closing
from followups.cases.office import case_office
from followups.cases.refusals import CaseRefusalError
from foundation.database import Store
from foundation.erasure import Alias, new_digits, normal_form
from foundation.provinces import load_provinces
from foundation.settings import Settings, load_secrets
from foundation.text import latin_digits
from pasokh.backup.erasures import publish_erasures
from pasokh.caller_rooms import CallerRooms, all_numbers, durable_records, steps
from pasokh.keeping import Keeping
from pasokh.refusal import RefusedError
from recordings.archive.legs import find_legs
from recordings.keeping.erasures import Erasure, begin_erasure, erased_callers, fingerprint, finish_erasure, unfinished
from recordings.keeping.holds import holding, lift_hold, list_holds
from recordings.keeping.keeping import HeldError, Order, keeping_lock, scrub

RULE = "caller.erase"
RESTORE = "command:restore"
REASON = "the caller asked to be forgotten"
FORGOTTEN_SINCE = "he was forgotten after this backup was made"
TRIES = 20


def caller_number(text: str, settings: Settings) -> str:
    """The number of one caller, in its normal form.

    Raises:
        RefusedError: it is no number, or one behind which there are many people.
    """
    number = normal_form(latin_digits("".join(one for one in text if one not in " -()\u200c\u200f\u200e")))
    if number is None:
        raise RefusedError(f"not_a_number: {text}: who withholds his number is nobody in particular here; nothing that"
                           " is kept can be told to be his")
    if number in _normal(settings.shared_numbers):
        raise RefusedError(f"shared_number: {text} stands under shared_numbers: many people call from it")
    if number in _normal(own_numbers(settings)):
        raise RefusedError(f"own_number: {text} is the line's own")
    return number


@dataclass(frozen=True)
class Eraser:
    """Forgets callers of one site."""

    site: Keeping
    rotate: Callable[[str], Rotate]
    """By the kind of record."""
    chance: random.Random

    @classmethod
    def of(cls, site: Keeping) -> "Eraser":
        return cls(site, lambda kind: rotation(site.home, kind), random.SystemRandom())

    async def erase(self, number: str, by: str, *, force: bool = False) -> dict[str, int]:
        """Forget a caller, whose number is in its normal form; how many rows, things and lines of each kind changed.

        Args:
            number: from `caller_number`.
            by: the actor, for the audit log.
            force: close his open cases and messages instead of refusing.

        Raises:
            RefusedError: he must not be forgotten now; the text begins with the refusal's name.
        """
        async with keeping_lock(self.site.home):
            mark = fingerprint(number, self._key)
            begun = next((one for one in await unfinished(self.site.main) if one.fingerprint == mark), None)
            if begun is None:
                await self._check(number, force=force)
                alias = await self._new_alias(number)
                begun = await begin_erasure(
                    self.site.main, Erasure(0, mark, alias, by, force), self.site.now_ms())
            return await self._finish(begun)

    async def resume(self) -> int:
        """Carry to their end those that a crash interrupted; how many."""
        async with keeping_lock(self.site.home):
            begun = await unfinished(self.site.main)
            for one in begun:
                await self._finish(one)
        return len(begun)

    async def erase_again(self, fingerprints: Collection[str]) -> int:
        """In a restored site, forget those who were forgotten after its backup was made; how many it knew of.

        What kept them then is over by now: holds, open cases, calls that were owed.
        """
        wanted = {
            number for number in await all_numbers(self.site) if fingerprint(number, self._key) in fingerprints
        } if fingerprints else set()
        async with keeping_lock(self.site.home):
            for number in sorted(wanted):
                await self._let_go(number)
                alias, mark = await self._new_alias(number), fingerprint(number, self._key)
                begun = Erasure(0, mark, alias, RESTORE, forced=True)
                await self._finish(await begin_erasure(self.site.main, begun, self.site.now_ms()))
        return len(wanted)

    async def _let_go(self, number: str) -> None:
        rooms = CallerRooms(self.site, Alias(number, number))
        calls = await rooms.calls()
        belongs = await rooms.belongings(calls, await rooms.things(calls))
        for hold in await list_holds(self.site.main):
            if holding([hold], belongs):
                await lift_hold(self.site.main, hold.id, FORGOTTEN_SINCE, by=RESTORE, now_ms=self.site.now_ms())
        async with self.site.main.write() as connection:
            await queues.give_up_calls(connection, rooms.alias, RESTORE, self.site.now_ms())
        for legs in find_legs(self.site.home.recordings_raw):
            if legs.call_id in calls:
                for path in legs.files():
                    path.unlink()
        for path in await asyncio.to_thread(_mentioning, self.site.home.spool, rooms.alias):
            path.unlink()

    async def tell_backups(self) -> Sequence[str]:
        """Have every backup know whom to forget when it is restored; folders of those that are not in reach."""
        return await asyncio.to_thread(publish_erasures, self.site.home, await erased_callers(self.site.main))

    @property
    def _key(self) -> str:
        return load_secrets(self.site.home, self.site.settings).identity_key

    async def _check(self, number: str, *, force: bool) -> None:
        alias = Alias(number, number)
        rooms = CallerRooms(self.site, alias)
        calls = await rooms.calls()
        things = await rooms.things(calls)
        hold = holding(await list_holds(self.site.main), await rooms.belongings(calls, things))
        if hold is not None:
            raise RefusedError(f"held: {HeldError(hold)}")
        await self._check_line(alias, calls)
        await self._check_owed(alias, force=force)

    async def _check_line(self, alias: Alias, calls: set[str]) -> None:
        """What is still on its way into the databases would come back."""
        async with self.site.ledger.read() as connection:
            open_ = await queues.calls_under_way(connection, alias, calls)
        legs = {one.call_id for one in find_legs(self.site.home.recordings_raw)} & calls
        if open_ or legs:
            raise RefusedError(f"on_the_line: {_some(open_ | legs)}: he is calling, or his call is just being kept; "
                               "try again in a moment")
        waiting = [path.name for path in await asyncio.to_thread(_mentioning, self.site.home.spool, alias)]
        if waiting:
            raise RefusedError(f"still_arriving: {_some(waiting)}: what he said or pressed waits for the database; "
                               "`bin/pasokh status` says whether all services run")

    async def _check_owed(self, alias: Alias, *, force: bool) -> None:
        async with self.site.main.read() as connection:
            owed = await queues.owed_calls(connection, alias)
            open_cases = await cases.open_cases(connection, alias)
            messages = await sounds.open_messages(connection, alias)
        if owed:
            raise RefusedError(f"open_call: {_some(owed)}: he is owed a call, or is just being told that he is not; "
                               f"`bin/pasokh callback cancel {owed[0]}` takes it back")
        if open_cases and not force:
            raise RefusedError(f"open_case: {_some(open_cases)}: a result is still owed to him; close it first, or "
                               "--force closes it as withdrawn")
        if messages and not force:
            raise RefusedError(f"open_message: {_some(messages)}: nobody has seen to it yet; close it first, or "
                               "--force closes it")

    async def _new_alias(self, number: str) -> Alias:
        """A number that nobody has, and nobody was given before."""
        area_codes = load_provinces()
        for _ in range(TRIES):
            alias = Alias(number, new_digits(number, area_codes, lambda: str(self.chance.randrange(10))))
            if alias.digits != number and not await CallerRooms(self.site, alias.back).find():
                return alias
        raise RefusedError(f"too_short: ***{number[-1]}: no free number of its length is left to put in its place")

    async def _finish(self, begun: Erasure) -> dict[str, int]:
        done = Counter[str]()
        try:
            if begun.forced:
                await self._close_open(begun)
            await self._delete_sound(begun, done)
            await self._take_steps(begun, done)
            for record in durable_records(self.site.home, self.site.settings):
                eraser = JournalEraser(self.site.ledger, record, begun.alias, self.rotate(record.kind))
                done[f"lines of the {record.kind}"] += await eraser.run()
        except HeldError as error:
            raise RefusedError(f"held: {error}") from error
        except (UnreadableLogError, NotRotatedError) as error:
            raise RefusedError(f"not_finished: {error}; the rest is done, and the same command ends it") from error
        async with self.site.main.write() as connection:
            await scrub(connection)
            await finish_erasure(connection, begun, dict(done), self.site.now_ms())
        await self.site.tidy()
        return {name: count for name, count in done.items() if count}

    async def _close_open(self, begun: Erasure) -> None:
        async with self.site.main.write() as connection:
            messages = await sounds.open_messages(connection, begun.alias)
            await sounds.close_messages(connection, messages, begun.by, self.site.now_ms())
            codes = await cases.open_cases(connection, begun.alias)
        desk = case_office(self.site.home, self.site.settings, self.site.main, self.site.now_ms).desk
        for code in codes:
            try:
                await desk.close(code, Closing.WITHDRAWN, Actor(begun.by), reason=REASON)
            except CaseRefusalError as error:
                raise RefusedError(f"open_case: {code}: cannot be closed: {error.name}") from error

    async def _delete_sound(self, begun: Erasure, done: Counter[str]) -> None:
        rooms, deleter = CallerRooms(self.site, begun.alias), self.site.deleter
        await deleter.finish_begun()
        for thing in await rooms.things(await rooms.calls()):
            await deleter.delete(thing, Order(RULE, begun.by))
            done[f"sound of a {thing.kind.replace('_', ' ')}"] += 1

    async def _take_steps(self, begun: Erasure, done: Counter[str]) -> None:
        for step in steps(self.site.home):
            store = self.site.main if step.store is Store.MAIN else self.site.ledger
            async with store.write() as connection:
                await scrub(connection)
                done[step.name] += await step.erase(connection, begun.alias)


def _normal(numbers: Iterable[str]) -> set[str | None]:
    return {normal_form(number) for number in numbers}


def _mentioning(folder: Path, alias: Alias) -> list[Path]:
    """The files in which the number stands."""
    found = []
    for path in folder.rglob("*") if folder.is_dir() else ():
        if path.is_file() and path.suffix != ".wav":
            text = path.read_bytes().decode("latin-1")
            if any(form in text for form in alias.forms):
                found.append(path)
    return found


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


__all__ = ["Eraser", "caller_number"]
