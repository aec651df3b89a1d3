"""An agent's phone in a real browser, on a running line: what the agent presses and sees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from foundation.settings import Language
from foundation.web.accounts import By, NewUser
from foundation.web.app import web_site
from foundation.web.roles import Role
from foundation.web.sessions import Visitor
from tests.support.browser import DESK, SOUND, Complaints
from tests.support.cut_wire import Cables
from tests.support.live_line import LiveLine
from tests.support.waiting import eventually

PASSWORD = "grey-heron-over-water"
PATIENCE_MS = 60_000
SEEN = 0.02
"""Of a meter's length."""
UNMENDED = """{
  const kept = "pasokh-phone-sound";
  if (!localStorage.getItem(kept)) localStorage.setItem(kept, JSON.stringify({mended: false}));
}"""
"""Noise suppression would eat the tones by which tests know a voice."""


def phone_browser(voice: Path) -> tuple[str, ...]:
    """Chromium's arguments for a microphone that says `voice`, over and over."""
    return (*SOUND, f"--use-file-for-fake-audio-capture={voice}", "--ignore-certificate-errors",
            "--autoplay-policy=no-user-gesture-required")


@dataclass
class PhonePage:
    """The page of one agent."""

    page: Page
    complaints: Complaints

    async def is_line(self, state: str) -> None:
        await expect(self.page.locator("pasokh-phone")).to_have_attribute("data-line", state, timeout=PATIENCE_MS)

    async def shows(self, phase: str, count: int = 1) -> None:
        """Wait until so many calls are in this phase."""
        await expect(self.page.locator(f".phone-call.{phase}")).to_have_count(count, timeout=PATIENCE_MS)

    async def is_free(self) -> None:
        await expect(self.page.locator(".phone-call")).to_have_count(0, timeout=PATIENCE_MS)

    async def hears_nothing(self) -> None:
        """Wait until the agent is told that no sound comes any more."""
        told = self.page.locator("[data-part=quality][data-fault=silent]")
        await expect(told).to_be_visible(timeout=PATIENCE_MS)
        await expect(told).not_to_be_empty()

    async def hears_the_line(self) -> None:
        """Wait until sound comes; a loaded machine may be an unsteady network."""
        told = self.page.locator("[data-part=quality]:not([data-fault=silent])")
        await expect(told).to_be_visible(timeout=PATIENCE_MS)

    async def devices(self, name: str) -> list[str]:
        """Ids of what may be chosen as `microphone`, `speaker` or `ring`, without the usual one."""
        options = self.page.locator(f"[name={name}] option:not([value=''])")
        await expect(options.first).to_be_attached(timeout=PATIENCE_MS)
        return [str(await one.get_attribute("value")) for one in await options.all()]

    async def choose(self, name: str, device: str) -> None:
        await self.page.locator(f"[name={name}]").select_option(device)

    async def meters_move(self) -> None:
        """Wait until both voices are seen."""
        async def move() -> bool:
            meters = "[...phone.querySelectorAll('[data-part=out], [data-part=in]')]"
            levels = await self.do(f"return {meters}.map((one) => one.value)")
            return bool(min(levels) > SEEN)

        await eventually(move, "both meters show sound")

    async def press(self, action: str, call: str = "") -> None:
        """The button of an action; `call`: in the call of that phase."""
        where = f".phone-call.{call} " if call else ""
        await self.page.locator(f'{where}[data-action="{action}"]').first.click(timeout=PATIENCE_MS)

    async def to(self, target: str) -> None:
        """Write whom to call or to pass on to."""
        await self.page.locator("pasokh-phone [name=to]").fill(target)

    async def do(self, script: str) -> Any:
        """JavaScript with the element as `phone`."""
        return await self.page.evaluate(f"() => {{ const phone = document.querySelector('pasokh-phone'); {script} }}")


async def session_of(line: LiveLine, agent: str) -> str:
    """The key of a new session of the user who is this agent; he is made where he is not there yet."""
    web = web_site(line.home, line.settings, ())
    try:
        if agent not in [one.user.id for one in await web.accounts.list()]:
            given = await web.accounts.add(NewUser(agent, agent.upper(), frozenset({Role.AGENT}), agent), By("test"))
            user = (await web.accounts.find(agent)).user
            await web.accounts.change_password(user, given, PASSWORD, "", keep=None)
        async with web.database.write() as connection:
            return await web.sessions.begin(connection, agent, Visitor("127.0.0.1", "test"))
    finally:
        await web.close()


@asynccontextmanager
async def phone_page(
    line: LiveLine, browser: Browser, agent: str, language: Language = "fa", path: str = "/phone",
    *, by: Cables | None = None,
) -> AsyncIterator[PhonePage]:
    """A page with the agent's phone, signed in, in a browser window of its own; `by` cables that can be cut."""
    address = f"https://127.0.0.1:{by.pages.port if by else line.settings.ports.of('web')}"
    context = await browser.new_context(
        viewport={"width": DESK["width"], "height": DESK["height"]}, ignore_https_errors=True, reduced_motion="reduce",
        permissions=["microphone"],
    )
    await context.add_cookies([
        {"name": "__Host-pasokh-session", "value": await session_of(line, agent), "url": address, "secure": True},
        {"name": "pasokh-language", "value": language, "url": address},
    ])
    await context.add_init_script(UNMENDED)
    if by:
        await by.sound.lead_through(context)
    page, complaints = await context.new_page(), Complaints()
    complaints.listen(page)
    try:
        await page.goto(address + path)
        yield PhonePage(page, complaints)
    finally:
        await context.close()
