"""The web pages of a small site, served in a thread of their own: for clients that wait where they ask."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from foundation.web.accounts import By
from foundation.web.roles import Role
from foundation.web.rooms import WebRoom
from tests.support.page_site import PageSite, page_site

START_SECONDS = 60


class ServedPages:
    """Within the block: `address`, and the `token` of a program with the role."""

    def __init__(
        self, folder: Path, rooms: Sequence[WebRoom], role: Role, fill: Callable[[PageSite], Awaitable[None]],
    ) -> None:
        self._folder, self._rooms, self._role, self._fill = folder, rooms, role, fill
        self._ready, self._over = threading.Event(), asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="pages")
        self.address, self.token = "", ""

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(START_SECONDS), "the pages do not come up"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        async with page_site(self._folder, self._rooms) as site, site.served() as address:
            user = await site.add_user(self._role)
            self.token = await site.web.tokens.add(user, "fuzz", [self._role], 1, By("test"))
            await self._fill(site)
            self.address = address
            self._ready.set()
            await self._over.wait()
