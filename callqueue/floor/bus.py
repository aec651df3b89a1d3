"""The floor on the bus: one retained picture per queue, per agent, and one of the whole (docs/bus.md)."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Gauge

from callqueue.floor.pictures import picture_agent, picture_queue
from callqueue.floor.state import AgentState, Floor
from foundation.bus import ROOT, Broker, Picture, Publisher, instant
from foundation.settings import Settings

FLOOR_TOPIC = f"{ROOT}/floor"
QUEUES = f"{ROOT}/queues/"
AGENTS = f"{ROOT}/agents/"
SAFE = re.compile(r"[A-Za-z0-9_.-]+")
"""Names that may stand in a topic."""


def floor_publisher(settings: Settings) -> Publisher:
    """The publisher of this site's floor; its last will says that nobody sees it any more."""
    return Publisher(
        Broker(settings.ports.of("mqtt")), f"pasokh-{settings.site.name}-floor", prefixes=(QUEUES, AGENTS),
        last_will=(FLOOR_TOPIC, {"status": "blind", "since": None, "waiting": None, "agents": None}),
    )


class FloorBus:
    """Shows a floor on the bus and in the gauges."""

    def __init__(self, settings: Settings, publisher: Publisher, gauges: "FloorGauges") -> None:
        self._settings, self._publisher, self._gauges = settings, publisher, gauges
        self.handling: Mapping[str, float] = {}
        """Queue to the seconds for which one caller takes an agent, where the ledger knows."""

    def show(self, floor: Floor) -> None:
        """Pictures of all queues and agents; those of others, from an earlier time, are cleared."""
        topics: dict[str, Picture] = {}
        for queue in filter(SAFE.fullmatch, {*self._settings.queues, *floor.waiting}):
            topics[QUEUES + queue] = asdict(picture_queue(floor, queue, self.handling.get(queue)))
            self._gauges.show_queue(queue, floor)
        for agent_id in filter(SAFE.fullmatch, {*self._settings.agents, *floor.agents}):
            topics[AGENTS + agent_id] = asdict(picture_agent(agent_id, floor.agent(agent_id)))
        for topic, picture in topics.items():
            self._publisher.show(topic, picture)
        self._publisher.settle(set(topics))

    def show_status(self, floor: Floor, blind_since: float | None, live_since: float | None) -> None:
        """Whether the pictures can be trusted, and the whole in numbers."""
        since = live_since if blind_since is None else blind_since
        states = Counter(agent.state.value for agent in floor.agents.values())
        self._gauges.connected.set(blind_since is None)
        self._publisher.show(FLOOR_TOPIC, {
            "status": "live" if blind_since is None else "blind",
            "since": instant(since) if since is not None else None,
            "waiting": sum(map(len, floor.waiting.values())),
            "agents": {state.value: states[state.value] for state in AgentState},
        })

    def show_life(self) -> None:
        """The status once more: its time tells readers that we live."""
        self._publisher.repeat(FLOOR_TOPIC)


class FloorGauges:
    """The floor for Prometheus."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.waiting = Gauge("pasokh_waiting_callers", "Callers waiting now", ["queue"], registry=registry)
        self.agents = Gauge("pasokh_agents", "Agents of a queue by state", ["queue", "state"], registry=registry)
        self.connected = Gauge("pasokh_floor_seen", "1 while AMI shows the floor, 0 while blind", registry=registry)

    def close(self) -> None:
        """Leave the registry, so that a floor begun anew can enter it."""
        for gauge in (self.waiting, self.agents, self.connected):
            self._registry.unregister(gauge)

    def show_queue(self, queue: str, floor: Floor) -> None:
        self.waiting.labels(queue).set(len(floor.waiting.get(queue, ())))
        states = Counter(agent.state for agent in floor.agents.values() if queue in agent.members)
        for state in AgentState:
            if state is not AgentState.OFFLINE:
                self.agents.labels(queue, state.value).set(states[state])
