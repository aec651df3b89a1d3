"""A real browser for tests: Debian's Chromium, driven by Playwright, with what it complains about.

    async with chromium() as browser:
        page = await (await browser.new_context()).new_page()

Screenshots are kept where PASOKH_TEST_SHOTS points: to be looked at.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from foundation.paths import tools_folder

DESK = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
GRAVE = ("serious", "critical")
SOUND = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
"""A microphone that hums, and is given without asking."""

expect.set_options(timeout=30_000)


@asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """A browser of its own; `arguments` are Chromium's."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine")
    as_root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=program, args=["--disable-dev-shm-usage", *as_root, *arguments],
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Complaints:
    """What a page's console said in red, and which of its scripts failed: a page under test has none."""

    heard: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))
        page.on("requestfailed", lambda request: self._on_failed(request.url, request.failure or ""))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.heard.append(f"console: {message.text}")

    def _on_failed(self, url: str, failure: str) -> None:
        if "ERR_ABORTED" not in failure:  # the page has been left
            self.heard.append(f"{url}: {failure}")


async def accessibility_faults(page: Page) -> list[str]:
    """What axe finds serious or worse on the page as it is now, a line each."""
    script = tools_folder() / "web/node_modules/axe-core/axe.min.js"
    # Not as a script of the page: its own policy forbids strangers, and must.
    await page.evaluate(script.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:200]}: {' '.join(node['failureSummary'].split())}"
        for one in found["violations"] if one["impact"] in GRAVE for node in one["nodes"]
    ]


async def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page, when somebody wants to look at it."""
    folder = os.environ.get("PASOKH_TEST_SHOTS")
    if folder:
        # Hiding the caret needs an inline style, which the page's own policy forbids.
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")
