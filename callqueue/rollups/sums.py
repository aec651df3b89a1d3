"""Days from quarters of an hour."""

from collections.abc import Sequence

from callqueue.metrics.agents_tally import TimesheetsTally, add_timesheets
from callqueue.metrics.arrivals_tally import ArrivalsTally, add_arrivals
from callqueue.metrics.tally import AgentsTally, add_agents, add_calls, add_promises
from callqueue.rollups.store import CallsPart, Kind, Part, PromisesPart


def add_parts(kind: Kind, parts: Sequence[Part], now: int) -> Part:
    """The part that all of them are together; contacts that are final by `now` are not kept as provisional."""
    match kind:
        case Kind.CALLS:
            calls = [part for part in parts if isinstance(part, CallsPart)]
            queues = sorted({queue for part in calls for queue in part.queues})
            return CallsPart(
                {queue: add_calls([part.queues[queue] for part in calls if queue in part.queues], now)
                 for queue in queues},
                sum(part.lost_in_menu for part in calls))
        case Kind.PROMISES:
            promises = [part for part in parts if isinstance(part, PromisesPart)]
            queues = sorted({queue for part in promises for queue in part.queues})
            return PromisesPart({
                queue: add_promises(part.queues[queue] for part in promises if queue in part.queues)
                for queue in queues})
        case Kind.AGENTS:
            return add_agents(part for part in parts if isinstance(part, AgentsTally))
        case Kind.TIMESHEETS:
            return add_timesheets(part for part in parts if isinstance(part, TimesheetsTally))
        case Kind.ARRIVALS:
            return add_arrivals(part for part in parts if isinstance(part, ArrivalsTally))
