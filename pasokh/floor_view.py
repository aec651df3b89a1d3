"""The floor in a terminal: the bus's pictures as tables in the site's language. Pure: contents in, tables out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from callqueue.floor.bus import AGENTS, FLOOR_TOPIC, QUEUES
from callqueue.floor.state import AgentState
from foundation.calendars import clock_text
from foundation.catalogue import Texts
from foundation.settings import Settings
from foundation.text import digits, duration_text, number_text

STALE_SECONDS = 5.0
"""The status comes every second; a longer silence means that nobody publishes."""
COLOURS = {
    AgentState.TALKING: "green", AgentState.RINGING: "yellow", AgentState.WRAP_UP: "cyan", AgentState.PAUSED: "magenta",
    AgentState.UNREACHABLE: "red", AgentState.READY: "bright_green", AgentState.OFFLINE: "dim",
}

Pictures = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Fitting:
    """A table that gives up its frame where its words would be cut: 80 columns are many terminals' width."""

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if Measurement.get(console, options, self.table).minimum >= options.max_width:
            self.table.box, self.table.padding, self.table.pad_edge = None, (0, 1, 0, 0), False
        yield self.table


@dataclass(frozen=True, slots=True)
class FloorView:
    """How a site's pictures are shown at the instant `now` (epoch seconds)."""

    texts: Texts
    settings: Settings
    now: float

    def status(self, pictures: Pictures) -> Text:
        """One line: whether what is shown is the present."""
        status = pictures.get(FLOOR_TOPIC)
        if status is None:
            return Text(self.texts("floor.nothing"), style="bold red")
        at, since = status.get("at"), status.get("since")
        if status.get("status") != "live" and since is None:  # the broker said so for a service that is gone
            return Text(self.texts("floor.unseen"), style="bold red")
        if status.get("status") != "live":
            return Text(self.texts("floor.blind", since=self._clock(since)), style="bold red")
        if at is None or self.now - epoch(at) > STALE_SECONDS:
            return Text(self.texts("floor.stale", at=self._clock(at)), style="bold red")
        return Text(self.texts("floor.live", at=self._clock(at)), style="green")

    def whole(self, pictures: Pictures) -> RenderableType:
        return Group(self.status(pictures), self.queues(pictures), self.agents(pictures))

    def queues(self, pictures: Pictures) -> RenderableType:
        states = [state for state in AgentState if state is not AgentState.OFFLINE]
        table = Table()
        table.add_column(self.texts("floor.queue"), no_wrap=True)
        for name in ("waiting", "longest"):
            _add_count(table, self.texts(f"floor.{name}"))
        for state in states:
            _add_count(table, self.texts(f"agent.state.{state}"), COLOURS[state])
        for picture in _under(pictures, QUEUES):
            table.add_row(
                self.title(picture["queue"]), self._count(picture["waiting"]), self._for(picture["longest_wait_since"]),
                *(self._count(picture["agents"].get(state.value, ())) for state in states),
            )
        return _Fitting(table)

    def agents(self, pictures: Pictures, queue: str | None = None) -> Table:
        """All agents, or those of one queue."""
        names = ("agent", "state", "since", "call", "queues")
        table = Table(*(self.texts(f"floor.{name}") for name in names))
        for picture in _under(pictures, AGENTS):
            if queue is None or queue in picture["queues"]:
                table.add_row(
                    self._agent(picture["agent"]), self._state(picture), self._for(picture["since"]),
                    self._call(picture["call"]), self.texts("floor.and").join(map(self.title, picture["queues"])),
                )
        return table

    def waiting(self, pictures: Pictures, queue: str) -> Table:
        """The callers of one queue in their order."""
        table = Table(*(self.texts(f"floor.{name}") for name in ("position", "wait", "estimate", "number", "call")))
        for caller in pictures.get(QUEUES + queue, {}).get("waiting", ()):
            table.add_row(
                number_text(caller["position"], self.texts.language), self._for(caller["joined"]),
                self._seconds(caller.get("estimated_wait")), self._number(caller["number"]), caller["call_id"],
            )
        return table

    def title(self, queue: str) -> str:
        known = self.settings.queues.get(queue)
        return known.title.get(self.texts.language, queue) if known else queue

    def pause_reason(self, reason: str) -> str:
        """A site may have reasons of its own, which need no translation."""
        key = f"agent.pause.{reason}"
        return self.texts(key) if key in self.texts.messages else reason

    def _agent(self, agent_id: str) -> str:
        known = self.settings.agents.get(agent_id)
        return f"{agent_id} {known.name}" if known and known.name else agent_id

    def _state(self, picture: Mapping[str, Any]) -> Text:
        state = AgentState(picture["state"])
        text = self.texts(f"agent.state.{state}")
        if picture["reason"] and state is not AgentState.WRAP_UP:
            text += f" ({self.pause_reason(picture['reason'])})"
        return Text(text, style=COLOURS[state])

    def _call(self, call: Mapping[str, Any] | None) -> str:
        return f"{self.title(call['queue'])} {self._number(call['number'])}" if call else ""

    def _number(self, number: str | None) -> str:
        return digits(number, self.texts.language) if number else self.texts("floor.withheld")

    def _count(self, items: Sequence[Any]) -> str:
        return number_text(len(items), self.texts.language) if items else "·"

    def _for(self, since: str | None) -> str:
        return duration_text(max(0.0, self.now - epoch(since)), self.texts.language) if since else ""

    def _seconds(self, seconds: int | None) -> str:
        return "·" if seconds is None else duration_text(seconds, self.texts.language)

    def _clock(self, instant: str | None) -> str:
        if instant is None:
            return "?"
        local = datetime.fromtimestamp(epoch(instant), ZoneInfo(self.settings.site.timezone))
        return clock_text(local, self.texts.language, seconds=True)


def _add_count(table: Table, title: str, style: str = "") -> None:
    table.add_column(title, justify="right", style=style, min_width=max(map(cell_len, title.split())))


def epoch(instant: str) -> float:
    """Epoch seconds of an instant as the bus writes it."""
    return datetime.fromisoformat(instant).timestamp()


def _under(pictures: Pictures, prefix: str) -> list[Mapping[str, Any]]:
    return [picture for topic, picture in sorted(pictures.items()) if topic.startswith(prefix)]
