"""`bin/pasokh recordings rotate-key`: a new key for kept sound, and every file encrypted with it."""

import getpass
import time
from typing import Annotated

import typer

from foundation.database import Database
from foundation.settings.secrets import add_recording_key, drop_recording_keys
from foundation.web.audit_log import Act, record
from pasokh.commands.recording_store import in_store
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site
from recordings.archive.repacking import Repacker
from recordings.archive.rotation import Failed, count_others, keys_in_use, seal_anew
from recordings.archive.sealing import fingerprint


def rotate_key(
    *,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="In the end, forget keys that open nothing any more (backups need them).")
    ] = False,
) -> None:
    """Make a new key and encrypt every archived recording with it; goes on where it was interrupted."""
    site = open_site()
    if not site.settings.recordings.encrypt:
        raise RefusedError("recordings.encrypt is off in site.yaml: nothing is encrypted; switch it on first")
    failed = in_store(site, lambda database: _rotate(site, database, drop_old=drop_old))
    for one in failed:
        print(f"not done: {one.recording_id}: {one.why}")
    if failed:
        raise RefusedError(f"{len(failed)} recordings keep their key; `bin/pasokh recordings verify` says what to do")


async def _rotate(site: Site, database: Database, *, drop_old: bool) -> list[Failed]:
    newest = await _newest(site, database)
    await _tell(database, "recordings.key_rotating", newest)
    failed, done = [], 0
    repacker = Repacker(site.home, site.settings, database)
    async for one in seal_anew(database, repacker, newest):
        done += one is None
        if one is not None:
            failed.append(one)
        elif done % 100 == 0:
            print(f"{done} recordings encrypted with {newest}")
    await _tell(database, "recordings.key_rotated", newest, recordings=done, failed=len(failed))
    print(f"{done} recordings encrypted with the key {newest}; keep a copy of secrets.yaml in a safe place")
    if drop_old and not failed:
        await _drop_old(site, database, repacker)
    return failed


async def _newest(site: Site, database: Database) -> str:
    """The fingerprint of the key to encrypt with: a new one, unless a rotation has not come to its end."""
    keys = site.secrets.recording_keys
    newest = fingerprint(keys[0])
    in_use = await keys_in_use(database)
    if len(keys) > 1 and in_use - {newest} and await count_others(database, newest):
        print(f"the rotation to the key {newest} goes on")
        return newest
    return fingerprint(add_recording_key(site.home, site.settings).recording_keys[0])


async def _drop_old(site: Site, database: Database, repacker: Repacker) -> None:
    async with repacker.alone():  # whoever began with an old key has entered it by now
        in_use = await keys_in_use(database)
        unused = {key for key in site.secrets.recording_keys if fingerprint(key) not in in_use}
        left = drop_recording_keys(site.home, site.settings, unused)
    await _tell(database, "recordings.keys_dropped", ", ".join(sorted(map(fingerprint, unused))))
    print(f"{len(left.recording_keys)} keys are left in secrets.yaml")


async def _tell(database: Database, action: str, key: str, **facts: int) -> None:
    async with database.write() as connection:
        act = Act(f"command:{getpass.getuser()}", action, key[:100], facts)
        await record(connection, act, time.time_ns() // 1_000_000)
