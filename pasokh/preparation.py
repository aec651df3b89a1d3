"""Makes one site ready to start: its folder, settings, databases, prompts and Asterisk's configuration."""

import asyncio
from collections.abc import Callable

from foundation.asterisk.install import find_asterisk
from foundation.asterisk.music import convert_music
from foundation.asterisk.render import prepare_folders, render
from foundation.paths import Home
from ivr.prompts import build
from pasokh.migrations import migrate
from pasokh.site import Site, make_home, open_site, write_first_settings

Say = Callable[[str], None]


def prepare_site(say: Say) -> Site:
    """Make everything that the services of the site find there; what is there already stays. `say` tells progress.

    Raises:
        SettingsError: its settings are wrong.
        RefusedError: its folder cannot be used.
    """
    home = Home.from_environment()
    make_home(home)
    if write_first_settings(home):
        say(f"settings: {home.settings_file} written; look into it")
    site = open_site()
    asyncio.run(migrate(home, site.settings))
    built = build(home, site.settings, lambda done, all_of_them, _name: _tell(say, done, all_of_them))
    for refused in built.refused:
        say(f"this recording cannot be used: {refused}")
    asterisk = find_asterisk()
    prepare_folders(home, asterisk)
    convert_music(home, asterisk)
    render(home, site.settings, site.secrets, asterisk)
    return site


def _tell(say: Say, done: int, all_of_them: int) -> None:
    if done == all_of_them or done % 25 == 0:
        say(f"prompts: {done} of {all_of_them}")
