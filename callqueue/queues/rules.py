"""By which rules the site's queues are judged."""

from callqueue.metrics.rules import Rulebook, Rules
from foundation.settings import Settings


def rulebook(settings: Settings) -> Rulebook:
    """T, S and W of every queue of the site."""
    return Rulebook({
        name: Rules(queue.service_threshold, queue.short_abandon, queue.contact_window_hours * 3600)
        for name, queue in settings.queues.items()
    })
