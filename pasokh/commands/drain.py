"""`bin/pasokh drain`, `undrain`: no new calls on this node before an upgrade."""

import asyncio
from typing import Annotated

import typer

from callqueue.agents.desk import AsteriskAwayError
from callqueue.live import ami_link
from foundation.asterisk.ami import AmiError
from pasokh.drain import Left, begin_drain, end_drain, look
from pasokh.live_site import AMI_SECONDS, LiveSite, quiet_logs
from pasokh.refusal import RefusedError

LOOK_SECONDS = 1.0

Seconds = Annotated[
    float | None, typer.Option("--seconds", help="Wait at most so long; exit code 1 when calls are left."),
]


def drain(seconds: Seconds = None) -> None:
    """Take no new calls, and wait until those that are here have ended; then `bin/pasokh down` cuts nobody off."""
    quiet_logs()
    site = LiveSite.open()
    begin_drain(site.home)
    print(site.texts("drain.begun"), flush=True)
    try:
        left = site.run(_wait(site, seconds))
    except RefusedError:
        print(site.texts("drain.holds"))
        raise
    if left.calls:
        print(site.texts("drain.holds"))
        raise typer.Exit(1)
    print(site.texts("drain.empty"))


def undrain() -> None:
    """Take calls again."""
    site = LiveSite.open()
    print(site.texts("drain.ended" if end_drain(site.home) else "drain.was-not"))


async def _wait(site: LiveSite, seconds: float | None) -> Left:
    loop = asyncio.get_running_loop()
    limit = None if seconds is None else loop.time() + seconds
    said: Left | None = None
    async with ami_link(site.home, site.settings) as link:
        try:
            await link.connected(AMI_SECONDS)
            # Nothing tells that a call is gone for good but looking again.
            while (left := await look(link)).calls and (limit is None or loop.time() < limit):
                if left != said:
                    said = left
                    _show(site, left)
                await asyncio.sleep(LOOK_SECONDS)
        except AmiError as error:
            raise AsteriskAwayError(reason=str(error)) from error
    return left


def _show(site: LiveSite, left: Left) -> None:
    values = {"elsewhere": left.elsewhere, "waiting": left.waiting, "talking": left.talking}
    print(site.texts("drain.left", **values), flush=True)
