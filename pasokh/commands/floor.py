"""`bin/pasokh floor`: the live picture in the terminal, and what supervisors do (`floor_deeds`)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any

import aiomqtt
import typer
from rich.console import Console
from rich.live import Live

from foundation.bus import BusMessage, bus_reader
from foundation.service import back_off
from pasokh.commands.floor_deeds import add_deeds
from pasokh.live_site import TOPICS, LiveSite

REFRESH_SECONDS = 0.5

app = typer.Typer(help="Watch agents and waiting callers, live; do what supervisors do.")
add_deeds(app)

Pictures = dict[str, dict[str, Any]]


@app.callback(invoke_without_command=True)
def floor(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once and leave.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the bus's messages once, as one JSON object.")] = False,
) -> None:
    """Agents and waiting callers as they are now, until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    site = LiveSite.open()
    if as_json:
        print(json.dumps(site.pictures(), ensure_ascii=False, indent=2))
    elif once:
        pictures = site.pictures()
        Console().print(site.view().whole(pictures))
    else:
        with suppress(KeyboardInterrupt):
            site.run(_watch(site))


async def _watch(site: LiveSite) -> None:
    pictures: Pictures = {}
    with Live(console=Console(), screen=True, auto_refresh=False) as screen:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_follow(site, pictures), name="bus")
            while True:
                # Waiting times grow although nothing is published.
                screen.update(site.view().whole(pictures), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)


async def _follow(site: LiveSite, pictures: Pictures) -> None:
    """Keep `pictures` equal to what the bus shows; a broker that is away is waited for, and the picture grows stale."""
    wait = back_off()
    while True:
        with suppress(aiomqtt.MqttError):
            async with bus_reader(site.broker, *TOPICS) as messages:
                wait = back_off()
                await _take(messages, pictures)
        await asyncio.sleep(wait())


async def _take(messages: AsyncIterator[BusMessage], pictures: Pictures) -> None:
    async for message in messages:
        if message.content is None:
            pictures.pop(message.topic, None)
        else:
            pictures[message.topic] = message.content
