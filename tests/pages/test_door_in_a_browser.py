"""Signing in, choosing a language and a password, and the administrator's pages, by a real browser."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from foundation.settings import LANGUAGES, Language
from foundation.web.accounts import By, NewUser
from foundation.web.roles import Role
from tests.support.browser import PHONE, accessibility_faults, chromium, shoot
from tests.support.page_site import PASSWORD, page_site

pytestmark = pytest.mark.browser


async def _enter(page: Page, name: str, password: str) -> None:
    await page.fill("input[name=name]", name)
    await page.fill("input[name=password]", password)
    await page.click("main button")


async def test_a_new_user_signs_in_and_chooses_a_password(tmp_path: Path) -> None:
    async with page_site(tmp_path) as site, site.served() as url, chromium() as browser:
        given = await site.web.accounts.add(NewUser("mina", "مینا رضایی", frozenset({Role.AUDITOR})), By("test"))
        page = await site.open(browser, url, "/audit")
        assert await page.get_attribute("html", "dir") == "rtl"
        await _enter(page, "mina", "wrong")
        assert "گذرواژه درست نیست" in await page.inner_text("[role=alert]")
        await shoot(page, "door-refused-fa")
        await _enter(page, " Mina", given)
        await page.wait_for_url("**/account/password")
        await shoot(page, "password-fa")
        for field, value in (("old", given), ("new", PASSWORD), ("again", PASSWORD)):
            await page.fill(f"input[name={field}]", value)
        await page.click("main button")
        assert "گذرواژه عوض شد" in await page.inner_text(".notice")
        await page.click("nav a[href='/audit']")
        assert "session.begin" in await page.inner_text("table")
        await shoot(page, "audit-fa")
        await page.click("details.menu summary")
        await page.click("text=خروج")
        await page.wait_for_url("**/sign-in")
        await page.goto(f"{url}/audit")
        assert "/sign-in?next=/audit" in page.url
    refused = [one for one in site.complaints.heard if "401" not in one]
    assert not refused


@pytest.mark.parametrize("language", LANGUAGES)
async def test_each_page_is_clear_to_everybody_in_every_language_and_light(
    tmp_path: Path, language: Language,
) -> None:
    async with page_site(tmp_path) as site, site.served() as url, chromium() as browser:
        await site.add_user(Role.AGENT, user_id="sara", agent="a101")
        roles = (Role.ADMINISTRATOR, Role.AUDITOR)
        for theme in ("light", "dark") if language == "fa" else ("light",):
            door = await site.open(browser, url, "/sign-in", language=language, theme=theme)
            faults = [f"/sign-in {theme}: {one}" for one in await accessibility_faults(door)]
            await shoot(door, f"sign-in-{language}-{theme}")
            page = await site.open(browser, url, "/", *roles, language=language, theme=theme)
            for path in ("/", "/account", "/account/password", "/users", "/users/new", "/users/sara", "/audit", "/no"):
                await page.goto(url + path)
                faults += [f"{path} {theme}: {one}" for one in await accessibility_faults(page)]
                await shoot(page, f"{path.strip('/').replace('/', '-') or 'home'}-{language}-{theme}")
            await page.click("details.menu summary")
            await shoot(page, f"menu-{language}-{theme}")
            assert not faults
    assert not [one for one in site.complaints.heard if "404" not in one]


async def test_a_telephone_shows_every_page_without_scrolling_sideways(tmp_path: Path) -> None:
    async with page_site(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/", Role.ADMINISTRATOR, Role.AUDITOR, size=PHONE)
        for path in ("/", "/account", "/account/password", "/users", "/users/new", "/audit"):
            await page.goto(url + path)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= PHONE["width"], path
            await shoot(page, f"phone-{path.strip('/').replace('/', '-') or 'home'}")


async def test_language_and_light_are_chosen_in_the_menu_and_kept(tmp_path: Path) -> None:
    async with page_site(tmp_path) as site, site.served() as url, chromium() as browser:
        page = await site.open(browser, url, "/account", Role.MANAGER, user_id="omid")
        await page.click("details.menu summary")
        await page.click("button[value=tr]")
        root = page.locator("html")
        await expect(root).to_have_attribute("dir", "ltr")
        await page.click("details.menu summary")
        await page.click("button[value=dark]")
        await expect(root).to_have_css("background-color", "rgb(17, 25, 27)")
        assert page.url == f"{url}/account"
        other = await site.open(browser, url, "/", Role.MANAGER, user_id="omid", language="en")
        assert await other.get_attribute("html", "lang") == "tr", "it belongs to the user, not to the browser"
