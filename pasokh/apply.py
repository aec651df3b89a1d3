"""The site's changed settings into the running line: no restart of Asterisk, nobody who waits is dropped.

First everything that can be refused is asked, then the files are replaced and taken in, then Asterisk is asked what it
has. When it did not take them, the files from before are in force again.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callqueue.agents.desk import AgentDesk, AsteriskAwayError
from callqueue.agents.sessions import end_session, read_sessions
from callqueue.live import ami_link
from callqueue.queues.refusals import (
    FileNeedsRestartError,
    LinearNeedsRestartError,
    LineNotUpError,
    MenusRefusedError,
    NeedsRestartError,
    NoMusicError,
    NotTakenError,
    QueueHasCallersError,
)
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.asterisk.install import find_asterisk
from foundation.asterisk.reload import (
    DIALPLAN,
    changed_files,
    differences,
    needs_restart,
    reload,
    reloads_for,
)
from foundation.asterisk.render import dialplan_files, present_files, replace_files, wanted_files
from foundation.data_file import DataFileError
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings, load_secrets, load_settings
from foundation.settings.changes import (
    AT_START,
    DIALLING,
    FLOOR,
    Change,
    changes,
    is_under,
    read_applied,
    write_applied,
)
from ivr.menu.book import load_menus
from pasokh.line import wait_ready
from pasokh.services import service_named, services_of
from pasokh.site import Site
from pasokh.supervise import SupervisorLink, is_supervised

AMI_SECONDS = 5.0
QUEUES_FILE = "pasokh/queues.conf"
TAKE_SETTINGS = ("ivr", "followups")
"""Services that read them anew when told so."""
HOLDERS = {"recordings": ("recordings",), "callqueue": FLOOR, "dialler": DIALLING, "web": tuple(Settings.model_fields)}
"""Services that are begun anew when keys of theirs have changed: their records wait on the disk, their calls in
Asterisk; the live picture has a declared gap of about a second. Pages of one room or another show any key."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done."""

    changes: tuple[Change, ...]
    reloads: tuple[str, ...]
    """Console commands."""
    agents: tuple[str, ...]
    """Whose memberships or penalties were brought to the new settings."""


async def apply_settings(home: Home) -> Applied:
    """Bring the running line to what `site.yaml` says now.

    Raises:
        SettingsError: a setting is wrong; nothing has changed.
        QueueRefusalError: it cannot be done; nothing has changed.
        AsteriskAwayError: Asterisk does not answer; nothing has changed.
    """
    settings = load_settings(home)
    before = read_applied(home)
    found = changes(before, settings) if before else []
    _check_settings(home, before, settings, found)
    async with ami_link(home, settings) as link:
        try:
            await link.connected(AMI_SECONDS)
            reloads = await _Reload(home, settings, link).run(tell_menus=before is None or bool(found))
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error
        write_applied(home, settings)
        here = {service.name for service in services_of(settings)}
        for name in begun_anew(found if before else None):
            if name in here:
                await asyncio.to_thread(_restart, home, settings, name)
        return Applied(tuple(found), tuple(reloads), tuple(await _converge_agents(home, settings, link)))


def begun_anew(found: Sequence[Change] | None) -> list[str]:
    """Services that must begin anew to take these changes; None: nobody knows what has changed."""
    return [
        service for service, keys in HOLDERS.items()
        if found is None or any(is_under(change.key, keys) for change in found)
    ]


def _check_settings(home: Home, before: Settings | None, settings: Settings, found: Sequence[Change]) -> None:
    if not is_supervised(home):
        raise LineNotUpError(home=str(home.root))
    for change in found:
        if is_under(change.key, AT_START):
            raise NeedsRestartError(key=change.key, value=str(change.after))
    for name, queue in settings.queues.items():
        known = before.queues.get(name) if before else None
        if known and queue.strategy == "linear" and known.strategy != "linear":
            raise LinearNeedsRestartError(key=f"queues.{name}.strategy", value="linear")
        music = home.music / queue.music
        if not music.is_dir() or not any(music.iterdir()):
            raise NoMusicError(key=f"queues.{name}.music", value=queue.music, folder=str(music))
    try:
        load_menus(home, settings)
    except DataFileError as error:
        raise MenusRefusedError(faults="; ".join(str(fault) for fault in error.faults)) from error


class _Reload:
    """Asterisk's part, and the menus', which lead callers into the queues."""

    def __init__(self, home: Home, settings: Settings, link: AmiLink) -> None:
        self._home, self._settings, self._link = home, settings, link
        self._asterisk = find_asterisk()
        self._dialplans = [f"pasokh/{path.name}" for path in dialplan_files()]

    async def run(self, *, tell_menus: bool) -> list[str]:
        """Returns the console commands that were given."""
        old = present_files(self._home)
        new = wanted_files(self._home, self._settings, load_secrets(self._home, self._settings), self._asterisk)
        files = changed_files(old, new)
        for name in needs_restart(files, self._dialplans):
            raise FileNeedsRestartError(file=name)
        gone = queues_in(old) - queues_in(new)
        await self._check_empty(gone)
        try:
            return await self._take(new, files, gone, tell_menus=tell_menus)
        except (QueueHasCallersError, NotTakenError):
            await self._take_back(old, files)
            raise

    async def _take(
        self, new: Mapping[str, bytes], files: Sequence[str], gone: set[str], *, tell_menus: bool,
    ) -> list[str]:
        replace_files(self._home, new)
        commands = reloads_for(files, self._dialplans)
        if gone:
            # Nobody is to come into a queue between the look at it and its end.
            await reload(self._home, self._asterisk, DIALPLAN)
            reload_settings(self._home)
            await self._check_empty(gone)
            await self._empty_of_agents(gone)
        await reload(self._home, self._asterisk, commands)
        wrong = await differences(self._home, self._asterisk, self._link, self._settings)
        if wrong:
            first = wrong[0]
            raise NotTakenError(key=first.key, wanted=first.wanted, found=first.found)
        if tell_menus:
            reload_settings(self._home)
        return commands

    async def _take_back(self, old: Mapping[str, bytes], files: Sequence[str]) -> None:
        replace_files(self._home, old)
        for name in files:
            if name not in old:
                (self._home.asterisk_config / name).unlink(missing_ok=True)
        await reload(self._home, self._asterisk, reloads_for(files, self._dialplans))

    async def _check_empty(self, queues: set[str]) -> None:
        status = await self._link.list_action("QueueStatus") if queues else []
        for queue in sorted(queues):
            waiting = sum(event.name == "QueueEntry" and event.get("Queue") == queue for event in status)
            if waiting:
                raise QueueHasCallersError(key=f"queues.{queue}", count=str(waiting))

    async def _empty_of_agents(self, queues: set[str]) -> None:
        for event in await self._link.list_action("QueueStatus"):
            if event.name == "QueueMember" and event.get("Queue") in queues:
                await self._link.action("QueueRemove", Queue=event.get("Queue"), Interface=event.get("Location"))


def queues_in(files: Mapping[str, bytes]) -> set[str]:
    """Names of the queues in a rendered configuration."""
    text = files.get(QUEUES_FILE, b"").decode()
    return set(re.findall(r"^\[([^\]]+)\]", text, flags=re.MULTILINE))


def reload_settings(home: Home) -> None:
    """Have the services that can do so read the settings: the menus for coming calls, the deadlines of open cases."""
    for state in SupervisorLink(home).states():
        if state.name in TAKE_SETTINGS and state.word == "RUNNING":
            os.kill(state.pid, signal.SIGHUP)


def _restart(home: Home, settings: Settings, service: str) -> None:
    SupervisorLink(home).restart(service_named(service))
    wait_ready(Site(home, settings, load_secrets(home, settings)), [service])


async def _converge_agents(home: Home, settings: Settings, link: AmiLink) -> list[str]:
    database = Database(store_url(home, settings, Store.MAIN))
    try:
        async with database.read() as connection:
            sessions = await read_sessions(connection)
        desk = AgentDesk(settings, database, link)
        changed = [agent for agent in sorted(sessions) if await desk.converge(agent)]
        for agent in sorted({*sessions} - {*settings.agents}):
            async with database.write() as connection:
                await end_session(connection, agent, time.time())
            await desk.write_journal(agent, "AGENT_LOGOUT", "apply")
        return changed
    finally:
        await database.close()
