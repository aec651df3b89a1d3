"""Simulated callers and agents on the line that is running, so that a newcomer sees it live within a minute."""

import asyncio
import ipaddress
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.crowd import Person, crowd
from bench.sipp import AgentPhone, Target, agents, call
from bench.story import EVENTS, Story
from bench.tones import write_tone
from callqueue.agents.desk import AgentDesk, AgentRefusalError, NotLoggedInError
from callqueue.agents.sessions import read_sessions
from callqueue.live import ami_link
from foundation.asterisk.ami import AmiError, AmiLink
from foundation.database import Database, Store, store_url
from foundation.paths import Home
from foundation.settings import Settings, load_secrets

CONNECT_SECONDS = 5.0
LOGOUT_SECONDS = 15.0
LAST_CALLS_SECONDS = 25.0
LOOK_SECONDS = 0.25
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
AGENT_HERTZ = 440.0
CALLER_HERTZ = 300.0

Say = Callable[[str], None]


class DemoError(Exception):
    """The demo cannot run here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    callers_per_minute: float = 8.0
    agents: int = 3
    """At most; those who are logged in already are left alone."""
    minutes: float = 5.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    called: int
    joined: int
    answered: int
    given_up: int


async def run_demo(home: Home, settings: Settings, plan: Plan, stop: asyncio.Event, say: Say) -> Outcome:
    """Let agents work and people call until the time is over or `stop` is set; then leave the line as it was.

    Raises:
        DemoError: the line is not up, or this site has no place for the demo.
        SippError: a telephone could not register.
    """
    _check(settings)
    random_source = random.Random(plan.seed)  # noqa: S311 - no secret
    async with AsyncExitStack() as stack:
        link = await stack.enter_async_context(ami_link(home, settings))
        await _connected(link)
        database = Database(store_url(home, settings, Store.MAIN))
        stack.push_async_callback(database.close)
        folder = stack.enter_context(_temporary_folder())
        chosen = await _free_agents(settings, database, plan.agents)
        phones = _phones(home, settings, chosen, random_source)
        voice = write_tone(folder / "agent.alaw", AGENT_HERTZ)
        await stack.enter_async_context(agents(_target(settings), phones, folder, tone=voice))
        await stack.enter_async_context(_logged_in(AgentDesk(settings, database, link), phones, say))
        story = Story(say)
        link.on_event(story.on_event, *EVENTS)
        place = _Place(_target(settings), folder, write_tone(folder / "caller.alaw", CALLER_HERTZ), story)
        called = await _people_call(place, plan, random_source, stop)
        say("hanging up what is still up, logging the agents out")
    return Outcome(called, story.joined, story.answered, story.given_up)


def _check(settings: Settings) -> None:
    if shutil.which("sipp") is None:
        raise DemoError("there is no sipp on this machine; start this as `bin/pasokh demo`, which installs it")
    networks = [ipaddress.ip_network(network) for network in settings.sip.trunk.networks]
    if not any(network.version == 4 and LOOPBACK.subnet_of(network) for network in networks):  # type: ignore[arg-type]
        raise DemoError(f"simulated callers call from this machine: add {LOOPBACK} to sip.trunk.networks for the demo")
    if "alaw" not in settings.sip.trunk.codecs:
        raise DemoError("simulated callers speak A-law: add alaw to sip.trunk.codecs for the demo")


async def _connected(link: AmiLink) -> None:
    try:
        await link.connected(CONNECT_SECONDS)
    except AmiError as error:
        raise DemoError(f"the line is not up ({error}); start it with `bin/pasokh up` in another terminal") from error


async def _free_agents(settings: Settings, database: Database, most: int) -> list[str]:
    async with database.read() as connection:
        logged_in = await read_sessions(connection)
    free = [
        agent_id for agent_id, agent in settings.agents.items() if agent.device == "sip" and agent_id not in logged_in
    ]
    if not free:
        raise DemoError(
            "every agent of this site is logged in already, and the demo takes only others: add some under `agents` in"
            " the settings, or log one out with `bin/pasokh agent logout AGENT`",
        )
    return free[:most]


def _phones(home: Home, settings: Settings, chosen: Sequence[str], random_source: random.Random) -> list[AgentPhone]:
    passwords = load_secrets(home, settings).agents
    return [
        AgentPhone(
            agent_id, passwords[agent_id], ring=round(random_source.uniform(1, 4), 1),
            talk=round(random_source.uniform(8, 22), 1),
        )
        for agent_id in chosen
    ]


def _target(settings: Settings) -> Target:
    listening = settings.sip.address
    address = "127.0.0.1" if ipaddress.ip_address(listening).is_unspecified else listening
    return Target(address, settings.ports.of("sip"), settings.site.number)


@asynccontextmanager
async def _logged_in(desk: AgentDesk, phones: Sequence[AgentPhone], say: Say) -> AsyncIterator[None]:
    """Log them in, and out again at the end, whatever happened between."""
    async with AsyncExitStack() as stack:
        for phone in phones:
            try:
                await desk.log_in(phone.id)
            except AgentRefusalError as error:
                raise DemoError(f"agent {phone.id} could not log in: {error}") from error
            stack.push_async_callback(_log_out, desk, phone.id, say)
            say(f"{phone.id} logs in; rings {phone.ring:.0f} s, talks {phone.talk:.0f} s")
        yield


async def _log_out(desk: AgentDesk, agent_id: str, say: Say) -> None:
    try:
        async with asyncio.timeout(LOGOUT_SECONDS):
            await desk.log_out(agent_id, "demo")
    except NotLoggedInError:
        return
    except (AgentRefusalError, AmiError, TimeoutError) as error:
        say(f"{agent_id} could not be logged out ({error}): `bin/pasokh agent logout {agent_id}`")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where calls go, where their files lie, and who tells of them."""

    target: Target
    folder: Path
    voice: Path
    """What callers say: a tone, so that a recording shows who spoke."""
    story: Story


async def _people_call(place: _Place, plan: Plan, random_source: random.Random, stop: asyncio.Event) -> int:
    """Start calls until it is time, and give the last ones a while to end; who is then on the line is hung up.

    Returns how many called.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + plan.minutes * 60
    calls: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as tasks:
        for person in crowd(random_source, plan.callers_per_minute):
            over = clock() + person.after > ends
            if await _happened(stop, ends - clock() if over else person.after) or over:
                break
            calls.append(tasks.create_task(_one_call(place, person), name=person.caller.number))
        await _last_calls(calls, stop, place.story.say)
        for task in calls:
            task.cancel()
    return len(calls)


async def _last_calls(calls: Sequence["asyncio.Task[None]"], stop: asyncio.Event, say: Say) -> None:
    up = sum(not task.done() for task in calls)
    if up and not stop.is_set():
        say(f"no new callers; {up} still on the line")
    ends = asyncio.get_running_loop().time() + LAST_CALLS_SECONDS
    while not all(task.done() for task in calls) and asyncio.get_running_loop().time() < ends:
        if await _happened(stop, LOOK_SECONDS):
            return


async def _one_call(place: _Place, person: Person) -> None:
    place.story.numbers.add(person.caller.number)
    place.story.say(f"{person.caller.number}  calls: {person.plan()}")
    folder = Path(tempfile.mkdtemp(prefix="call-", dir=place.folder))
    try:
        await call(place.target, [person.caller], folder, tone=place.voice)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _happened(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event, `seconds` at most; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pasokh-demo-", ignore_cleanup_errors=True) as name:
        yield Path(name)
