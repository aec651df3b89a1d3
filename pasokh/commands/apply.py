"""`bin/pasokh apply`: the changed `site.yaml` into the running line."""

from pasokh.apply import apply_settings
from pasokh.live_site import LiveSite, quiet_logs


def apply() -> None:
    """Bring the running line to what site.yaml says now, without a restart and without dropping anybody who waits."""
    quiet_logs()
    site = LiveSite.open()
    done = site.run(apply_settings(site.home))
    if not (done.changes or done.reloads or done.agents):
        print(site.texts("apply.nothing"))
        return
    for change in done.changes:
        print(site.texts("apply.change", key=change.key, before=_shown(change.before), after=_shown(change.after)))
    if done.agents:
        print(site.texts("apply.agents", agents=", ".join(done.agents)))
    print(site.texts("apply.done"))


def _shown(value: object) -> str:
    """A whole queue or agent is new or gone: its name has been said."""
    return "-" if value is None else "+" if isinstance(value, dict) else str(value)
