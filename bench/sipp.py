"""Simulated callers and agents: real SIP and real sound by SIPp, and what truly happened to every call.

SIPp writes each SIP message with its microsecond; from that come the times and who hung up. Each SIPp has a loopback
address of its own, so ports never clash.

    target = Target("127.0.0.1", 5060, "1420")
    async with agents(target, [AgentPhone("a101", "secret", talk=5)], folder) as phones:
        calls = await call(target, [Caller("09120000001", keys=(Keys(2, "1"), Keys(1, "2")))], folder)
"""

import asyncio
import os
import random
import socket
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.capture import Press, press_seconds, write_capture
from bench.dialogues import SIP_PORT, Dialogue, Target, hang_up, parse_dialogues
from bench.scenarios import (
    Act,
    Hold,
    Info,
    KeyMode,
    Pickup,
    Refer,
    Sound,
    agent_scenario,
    caller_scenario,
    register_scenario,
)
from bench.truth import CallTruth, Side, parse_messages, tell_calls
from foundation.asterisk.run import die_with_parent

PATIENT_SECONDS = 120.0
"""How long the prepared sound of a caller lasts who waits for the other side to hang up."""
FILES = {"shortmessage": "messages", "log": "logs", "error": "errors"}

__all__ = [
    "AgentPhone", "CallTruth", "Caller", "Hold", "KeyMode", "Keys", "Pickup", "Refer", "Run", "Side", "SippError",
    "Target", "agents", "call", "calling",
]


class SippError(Exception):
    """SIPp could not do what was asked; the text holds its own words."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Press `digits`, `after` seconds from the answer or from the keys before."""

    after: float
    digits: str


@dataclass(frozen=True, slots=True)
class Caller:
    number: str
    """The user part of From."""
    keys: tuple[Keys, ...] = ()
    patience: float | None = None
    """Seconds from the last key (or the answer) until the caller hangs up; None: he waits for the other side."""


@dataclass(frozen=True, slots=True)
class AgentPhone:
    id: str
    password: str
    pickup: Pickup = Pickup.ANSWER
    ring: float = 0.3
    """Seconds that it rings before it is answered."""
    talk: float | None = None
    """Seconds (from his last act) until the agent hangs up; None: he waits for the caller to."""
    acts: tuple[Act, ...] = ()
    """What he does in every conversation."""


@dataclass(frozen=True, slots=True)
class Run:
    """A SIPp at work."""

    process: asyncio.subprocess.Process
    folder: Path
    address: str
    target: Target
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Call-ID to the caller's number, where we call."""

    def calls(self) -> list[CallTruth]:
        """What has happened so far."""
        known = {dialogue.sip_id: dialogue for dialogue in self._dialogues()}
        told = tell_calls(parse_messages(self._read("messages")))
        return [self._named(call, known.get(call.sip_id)) for call in told]

    def _named(self, call: CallTruth, dialogue: Dialogue | None) -> CallTruth:
        if number := self.numbers.get(call.sip_id):
            return replace(call, caller=number)
        return replace(call, caller=dialogue.caller, agent=dialogue.agent) if dialogue else call

    async def finished(self) -> list[CallTruth]:
        """Wait until SIPp has made all its calls.

        Raises:
            SippError: it refused its scenario, or could not bind.
        """
        code = await self.process.wait()
        calls = self.calls()
        # Its exit code does not tell a call that ended otherwise than planned from a SIPp that never began.
        if len(calls) < len(self.numbers):
            raise SippError(f"SIPp ended with {code} after {len(calls)} of {len(self.numbers)} calls: {self.words()}")
        return calls

    async def stop(self) -> None:
        """End it now; calls that are up are hung up."""
        if self.process.returncode is not None:
            return
        # SIPp never ends a call before its time when asked to stop, so it is ended and we say BYE in its place.
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        up = {call.sip_id for call in self.calls() if call.answered is not None and call.ended is None}
        await hang_up([dialogue for dialogue in self._dialogues() if dialogue.sip_id in up], self.address, self.target)

    def words(self) -> str:
        return "\n".join(self._read(name)[-2000:] for name in ("output", "errors"))

    def _dialogues(self) -> list[Dialogue]:
        return parse_dialogues(self._read("logs"))

    def _read(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


async def call(target: Target, callers: Sequence[Caller], folder: Path, **options: Any) -> list[CallTruth]:
    """Let all of them call, and wait until every call has ended; options as for `start_callers`."""
    async with calling(target, callers, folder, **options) as runs:
        return [truth for run in runs for truth in await run.finished()]


@asynccontextmanager
async def calling(
    target: Target, callers: Sequence[Caller], folder: Path, *, rate: float = 10.0,
    mode: KeyMode | None = None, tone: Path | None = None,
) -> AsyncIterator[list[Run]]:
    """Callers at `rate` new calls a second; whoever is still up at the end of the block is hung up.

    `mode` None: RFC 4733 where we are root, else INFO. A `tone` (raw A-law, repeated) is what callers say.
    """
    mode = mode or (KeyMode.RTP if os.geteuid() == 0 else KeyMode.INFO)
    groups: dict[tuple[tuple[Keys, ...], bool], list[Caller]] = {}
    for caller in callers:
        groups.setdefault((caller.keys, caller.patience is None), []).append(caller)
    runs: list[Run] = []
    async with AsyncExitStack() as stack:
        for (keys, patient), group in groups.items():
            place = _place(folder)
            longest = max((caller.patience or PATIENT_SECONDS for caller in group), default=0.0)
            scenario = _scenario(keys, mode, tone, place, longest, patient=patient)
            runs.append(await _start_callers(target, group, scenario, rate * len(group) / len(callers), place))
            stack.push_async_callback(runs[-1].stop)
        yield runs


def _scenario(
    keys: Sequence[Keys], mode: KeyMode, tone: Path | None, place: Path, longest: float, *, patient: bool,
) -> str:
    if mode is KeyMode.INFO or not keys:
        infos = [Info(_ms(press.after), press.digits) for press in keys]
        return caller_scenario(Sound(tone=tone), infos, 0, patient=patient)
    presses, at = [], 0.0
    for press in keys:
        presses.append(Press(at + press.after, press.digits))
        at = presses[-1].at + press_seconds(press.digits)
    sound = tone.read_bytes() if tone else b""
    capture = write_capture(place / "capture.pcap", presses, sound, at + longest)
    return caller_scenario(Sound(capture=capture), [], _ms(at), patient=patient)


async def _start_callers(target: Target, callers: Sequence[Caller], scenario: str, rate: float, place: Path) -> Run:
    rows = [f"{caller.number};{_ms(caller.patience or 0)}" for caller in callers]
    tag = f"{place.name}-{os.getpid()}"
    arguments = [
        "-m", str(len(callers)), "-l", str(len(callers)), "-cid_str", f"%u-{tag}@%s",
        "-r", str(max(round(rate * 10), 1)), "-rp", "10000",
    ]
    address = free_address()
    run = await _start(target, address, _Work(scenario, arguments, rows), place)
    numbers = {f"{n}-{tag}@{address}": caller.number for n, caller in enumerate(callers, 1)}
    return replace(run, numbers=numbers)


@asynccontextmanager
async def agents(
    target: Target, phones: Sequence[AgentPhone], folder: Path, *, tone: Path | None = None,
) -> AsyncIterator[list[Run]]:
    """Register the phones and let them serve until the end of the block: one SIPp for all that behave alike.

    Raises:
        SippError: a phone could not register.
    """
    groups: dict[tuple[Pickup, float, float | None, tuple[Act, ...]], list[AgentPhone]] = {}
    for phone in phones:
        groups.setdefault((phone.pickup, phone.ring, phone.talk, phone.acts), []).append(phone)
    async with AsyncExitStack() as stack:
        runs = [await stack.enter_async_context(_phones(target, group, folder, tone)) for group in groups.values()]
        yield runs


@asynccontextmanager
async def _phones(
    target: Target, phones: Sequence[AgentPhone], folder: Path, tone: Path | None,
) -> AsyncIterator[Run]:
    address = free_address()
    await _register(target, phones, folder, address, 3600)
    kind = phones[0]
    talk = None if kind.talk is None else _ms(kind.talk)
    scenario = agent_scenario(kind.pickup, _ms(kind.ring), talk, Sound(tone=tone), kind.acts)
    place = _place(folder)
    run = await _start(target, address, _Work(scenario, ()), place)
    try:
        yield run
    finally:
        await run.stop()
        with suppress(SippError):  # an Asterisk that is gone has forgotten them already
            await _register(target, phones, folder, address, 0)


async def _register(target: Target, phones: Sequence[AgentPhone], folder: Path, address: str, expires: int) -> None:
    """Speak from where the phones then listen: that is where Asterisk calls them."""
    rows = [f"{phone.id};[authentication username={phone.id} password={phone.password}]" for phone in phones]
    place = _place(folder)
    arguments = ["-m", str(len(phones)), "-r", "100", "-recv_timeout", "5000", "-max_retrans", "3"]
    run = await _start(target, address, _Work(register_scenario(expires), arguments, rows), place)
    if await run.process.wait() != 0:
        names = ", ".join(phone.id for phone in phones)
        raise SippError(f"{names}: could not register at {target.address}:{target.port}: {run.words()}")


@dataclass(frozen=True, slots=True)
class _Work:
    scenario: str
    arguments: Sequence[str]
    rows: Sequence[str] = ()


async def _start(target: Target, address: str, work: _Work, place: Path) -> Run:
    (place / "scenario.xml").write_text(work.scenario, encoding="utf-8")
    options = ["-s", target.number, "-sf", str(place / "scenario.xml"), "-p", str(SIP_PORT)]
    options += ["-i", address, "-mi", address, "-ci", address]
    if work.rows:
        (place / "rows.csv").write_text("SEQUENTIAL\n" + "\n".join(work.rows) + "\n", encoding="utf-8")
        options += ["-inf", str(place / "rows.csv")]
    for option, name in (("shortmsg", "shortmessage"), ("logs", "log"), ("err", "error")):
        options += [f"-trace_{option}", f"-{name}_file", str(place / f"{FILES[name]}.log")]
    options += ["-bind_local", "-nostdin", "-aa"]
    with (place / "output.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            "sipp", f"{target.address}:{target.port}", *options, *work.arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output, cwd=place, preexec_fn=die_with_parent,
            start_new_session=True,  # Ctrl-C is ours to handle: a SIPp that it ended would leave its calls up
        )
    return Run(process, place, address, target)


def _place(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="sipp-", dir=folder))


def free_address() -> str:
    """A loopback address at which nobody listens for SIP."""
    while True:
        address = f"127.{random.randint(16, 254)}.{random.randint(0, 254)}.{random.randint(1, 254)}"  # noqa: S311
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind((address, SIP_PORT))
            return address


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
