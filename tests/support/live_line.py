"""A running line of its own, as a user has it (`pasokh up`), and the ways in which a test looks at it and hurts it."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiomqtt import MqttError
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.sipp import AgentPhone, Run, Target, agents
from callqueue.agents.desk import AgentDesk
from callqueue.ledger.evidence import Gap
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import read_gaps, read_stints
from foundation.asterisk.ami import AmiLink
from foundation.asterisk.install import find_asterisk
from foundation.asterisk.run import asterisk_command
from foundation.bus import Broker, read_retained
from foundation.database import Database, Store, store_url
from foundation.paths import CHECKOUT, Home
from foundation.settings import Secrets, Settings, load_secrets, load_settings
from pasokh.line import Standing, standings, wait_ready
from pasokh.services import service_named
from pasokh.site import Site
from pasokh.supervise import SupervisorLink, is_supervised
from tests.support.live_site import is_free, site_settings, write_site
from tests.support.port_offsets import OffsetLease, lease_offset
from tests.support.waiting import eventually

COMMAND_SECONDS = 120


class PortsTakenError(Exception):
    """Choose others."""


@dataclass(frozen=True)
class JournalLine:
    at: int
    call: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


@dataclass(frozen=True)
class Moment:
    """When a test began: the journal's second is too coarse to tell two tests apart."""

    at: int
    offset: int
    """Of the journal's live file."""


class LiveLine:
    """One site under supervision. Make it with `LiveLine.create`, then `start`; in the end `stop`, `give_up_ports`."""

    def __init__(self, home: Home, settings: Settings, secrets: Secrets, lease: OffsetLease | None = None) -> None:
        self.home = home
        self.settings = settings
        self.secrets = secrets
        self.target = Target("127.0.0.1", settings.ports.of("sip"), settings.site.number)
        self.sipp = home.root / "sipp"
        self._asterisk = find_asterisk()
        self._lease = lease
        self.said_at_start: list[str] = []
        """What Asterisk wrote into its logs until the line was up."""

    @classmethod
    def create(cls, folder: Path, database: str | None = None, more: Mapping[str, Any] | None = None) -> "LiveLine":
        home = Home(folder)
        lease = lease_offset(secrets.SystemRandom(), is_free)
        write_site(home, site_settings(lease.number, database, more))
        settings = load_settings(home)
        return cls(home, settings, load_secrets(home, settings), lease)

    @property
    def site(self) -> Site:
        return Site(self.home, self.settings, self.secrets)

    def command(self, *words: str) -> str:
        """Run `bin/pasokh WORDS` for this site."""
        done = self._run(words)
        assert done.returncode == 0, f"pasokh {words}: {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def _run(self, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-P", "-m", "pasokh", *words], env={**os.environ, "PASOKH_HOME": str(self.home.root)},
            cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS,
        )

    def start(self) -> None:
        """As a user does.

        Raises:
            PortsTakenError: somebody took one of its ports since they were chosen.
        """
        done = self._run(("up", "--detach"))
        if "another program listens" in done.stderr:
            raise PortsTakenError(done.stderr)
        assert done.returncode == 0, f"{done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        logs = (self.home.logs / "asterisk.log", self.home.asterisk_log / "messages.log")
        self.said_at_start = [text for log in logs for text in log.read_text(errors="replace").splitlines()]

    def stop(self) -> None:
        if is_supervised(self.home):
            self.command("down")

    def give_up_ports(self) -> None:
        """Let other tests have them, once this line is stopped."""
        if self._lease is not None:
            self._lease.give_back()
            self._lease = None

    def standing(self, service: str) -> Standing:
        return next(one for one in standings(self.site) if one.state.name == service)

    def kill(self, service: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a service's process; returns its pid."""
        pid = self.standing(service).state.pid
        os.kill(pid, number)
        return pid

    def restart(self, service: str) -> None:
        """In an orderly way; returns when it is ready again."""
        SupervisorLink(self.home).restart(service_named(service))
        wait_ready(self.site, [service])

    async def ready(self, service: str, *, but: int) -> None:
        """Wait until a service is ready in a process other than `but`."""
        async def look() -> bool:
            one = await asyncio.to_thread(self.standing, service)
            return one.ready and one.state.pid != but

        await eventually(look, f"{service} is ready again", 60)

    def console(self, command: str) -> str:
        done = subprocess.run(
            [*asterisk_command(self.home, self._asterisk), "-rx", command], capture_output=True, text=True, check=False,
            timeout=30,
        )
        return done.stdout

    def asterisk_pid(self) -> int:
        """Of Asterisk itself, which the service `asterisk` runs."""
        service = self.standing("asterisk").state.pid
        children = Path(f"/proc/{service}/task/{service}/children").read_text(encoding="ascii").split()
        return next(int(pid) for pid in children if "-f" in _command_line(int(pid)))

    def kill_asterisk(self) -> None:
        os.kill(self.asterisk_pid(), signal.SIGKILL)

    def hang_up_everybody(self) -> None:
        self.console("channel request hangup all")

    async def quiet(self) -> None:
        """Wait until no channel is left."""
        async def look() -> bool:
            return "0 active channels" in await asyncio.to_thread(self.console, "core show channels count")

        await eventually(look, "no channels are left")

    def phone(self, agent: str, **plan: Any) -> AgentPhone:
        return AgentPhone(agent, self.secrets.agents[agent], **plan)

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[AgentDesk]:
        """Where agents log in and out of this site."""
        database = Database(store_url(self.home, self.settings, Store.MAIN))
        link = AmiLink("127.0.0.1", self.settings.ports.of("ami"), "pasokh", self.secrets.ami)
        try:
            async with link:
                await link.connected(30)
                yield AgentDesk(self.settings, database, link)
        finally:
            await database.close()

    @asynccontextmanager
    async def staffed(self, *phones: AgentPhone, tone: Path | None = None) -> AsyncIterator[list[Run]]:
        """These agents at their telephones and logged in; logged out and unregistered at the end of the block."""
        async with agents(self.target, phones, self.sipp, tone=tone) as runs, self.desk() as desk:
            for phone in phones:
                await desk.log_in(phone.id)
            try:
                yield runs
            finally:
                for phone in phones:
                    await desk.log_out(phone.id, "test")

    def now(self) -> Moment:
        return Moment(int(time.time()), self.home.queue_log.stat().st_size)

    def journal(self, since: Moment) -> list[JournalLine]:
        """The live file's whole lines from there on."""
        with self.home.queue_log.open("rb") as file:
            file.seek(since.offset)
            lines = file.read().decode(errors="replace").split("\n")[:-1]
        return [_journal_line(line) for line in lines if line[:1].isdigit()]

    def events(self, event: str, since: Moment) -> list[JournalLine]:
        return [line for line in self.journal(since) if line.event == event]

    async def written(self, event: str, since: Moment, count: int = 1) -> list[JournalLine]:
        """Wait until the journal has so many lines of this event."""
        async def look() -> list[JournalLine]:
            found = self.events(event, since)
            return found if len(found) >= count else []

        return await eventually(look, f"the journal has {count} {event} since {since}")

    async def gaps(self, since: Moment) -> list[Gap]:
        async with self.ledger() as connection:
            return await read_gaps(connection, since.at, int(time.time()) + 60)

    async def picture(self, topic: str) -> dict[str, Any]:
        """What the broker retains at `pasokh/TOPIC`; empty when nothing, or no broker."""
        try:
            found = await read_retained(Broker(self.settings.ports.of("mqtt")), f"pasokh/{topic}")
        except MqttError:
            return {}
        return found.get(f"pasokh/{topic}", {})

    @asynccontextmanager
    async def ledger(self) -> AsyncIterator[AsyncConnection]:
        database = Database(store_url(self.home, self.settings, Store.LEDGER))
        try:
            async with database.read() as connection:
                yield connection
        finally:
            await database.close()

    async def stints(self, since: Moment) -> list[Stint]:
        """The ledger's, of those that entered from `since` on."""
        async with self.ledger() as connection:
            return await read_stints(connection, None, since.at, int(time.time()) + 60)


def _command_line(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")


def _journal_line(text: str) -> JournalLine:
    at, call, queue, agent, event, *data = [*text.split("|"), "", "", "", ""][: max(5, text.count("|") + 1)]
    return JournalLine(int(at), call, queue, agent, event, tuple(data))
