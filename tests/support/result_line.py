"""One on the telephone about his case: he presses keys in turn; what he is played is noted. No Asterisk behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from followups.cases.case import Case
from followups.cases.lifecycle import State
from followups.telling.heard import Hearing
from followups.telling.heard_spool import HeardSpool
from followups.telling.result_sounds import result_sounds
from followups.telling.teller import teller
from foundation.settings import Settings
from ivr.actions.context import Resources
from ivr.agi.connection import HangupError
from tests.support.case_site import NUMBER, SARA, CaseSite

GONE = "gone"
"""In the place of a key: he hangs up."""
SITE: dict[str, Any] = {
    "queues": {"operator": {}, "insurance": {}}, "default_queue": "operator",
    "sip": {"trunk": {"proxy": "127.0.0.1:5080"}},
}


@dataclass
class Line:
    """Has what scripts use of `ivr.call.Call`."""

    keys: list[str]
    caller: str = NUMBER
    language: str = "fa"
    call_id: str = "ob-1-1"
    played: list[str] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list)
    queue: tuple[str, int] | None = None
    finished: bool = False
    gone_at: str = ""
    """A part of a prompt's name, in whose middle he hangs up."""

    async def play(self, prompts: Sequence[str]) -> None:
        for prompt in prompts:
            self.played.append(prompt)
            if self.gone_at and self.gone_at in prompt:
                raise HangupError("gone")

    async def ask_key(self, prompts: Sequence[str], _seconds: float) -> str:
        await self.play(prompts)
        key = self.keys.pop(0) if self.keys else GONE
        if key == GONE:
            raise HangupError("gone")
        return key

    async def ask_digits(self, prompts: Sequence[str], _length: int, *_seconds: float) -> str:
        self.typed.append(await self.ask_key(prompts, 0))
        return self.typed[-1]

    async def get(self, _variable: object) -> str:
        return self.caller

    async def set(self, variable: object, value: str) -> None:
        self.variables[str(variable)] = value

    async def execute(self, application: str, arguments: str = "", _seconds: float = 0) -> None:
        assert application == "QueueLog"
        self.journal.append(arguments)

    async def enter_queue(self, queue: str, priority: int = 0) -> None:
        self.queue = (queue, priority)

    async def finish(self) -> None:
        self.finished = True

    @property
    def outcomes(self) -> list[str]:
        """What the dialler is told, in the journal."""
        return [line.split("|")[2] for line in self.journal if "CALLBACK_RESULT" in line]

    @property
    def heard(self) -> bool:
        """Whether anything of the result was played."""
        return any("result-sounds" in prompt for prompt in self.played)


@dataclass
class ResultSite:
    """A case office, its teller, and the scripts' resources over one store."""

    cases: CaseSite
    settings: Settings
    resources: Resources

    @classmethod
    def of(cls, cases: CaseSite, **more: Any) -> "ResultSite":
        settings = Settings.model_validate({**SITE, **more})
        return cls(cases, settings, Resources(cases.home, settings, cases.database))

    async def resolved(self, **wish: Any) -> Case:
        """A case with a result whose sound is there."""
        case = await self.cases.opened(**wish)
        case = await self.cases.office.desk.resolve(case.code, "Found.", SARA)
        folder = result_sounds(self.cases.home).folder(case.code, case.reopened)
        folder.mkdir(parents=True)
        for number in (1, 2):
            (folder / f"part-{number:02}.alaw").write_bytes(b"\xd5" * 80)
        return case

    async def ordered(self, case: Case) -> str:
        """The id of the call that tells it."""
        made = teller(self.cases.home, self.settings, self.cases.database, self.cases.clock)
        await made.look()
        found = [link.reference for link in (await self.cases.office.reading.view(case.code, SARA)).links]
        return found[-1]

    async def now(self, case: Case) -> Case:
        """The case, once everything that was said has reached it."""
        await HeardSpool(self.cases.home).deliver(
            Hearing(self.cases.office.clock.changes, self.cases.office.book))
        return await self.cases.office.reading.case(case.code, SARA)

    async def state(self, case: Case) -> State:
        return (await self.now(case)).state


