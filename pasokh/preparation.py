"""Makes one site ready to start: its folder, settings, databases, prompts and Asterisk's configuration."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from foundation.asterisk.install import find_asterisk
from foundation.asterisk.render import prepare_folders, render
from foundation.paths import CHECKOUT, Home
from ivr.prompts import build
from pasokh.migrations import migrate
from pasokh.refusal import RefusedError
from pasokh.site import Site, open_site

FIRST_SETTINGS = CHECKOUT / "foundation/site.yaml"

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
    render(home, site.settings, site.secrets, asterisk)
    return site


def make_home(home: Home) -> None:
    """Make the site's folders.

    Raises:
        RefusedError: they cannot be made, or the one for sockets belongs to another user.
    """
    try:
        home.make()
    except OSError as error:
        raise RefusedError(f"PASOKH_HOME = {str(home.root)!r}: {error}") from error
    found = home.sockets.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise RefusedError(f"{home.sockets}: this folder for sockets must belong to you alone; remove it")


def write_first_settings(home: Home) -> bool:
    """Write the site's settings where there are none; tells whether it did."""
    if home.settings_file.exists():
        return False
    half = Path(f"{home.settings_file}.half")
    half.write_text(FIRST_SETTINGS.read_text(encoding="utf-8"), encoding="utf-8")
    half.replace(home.settings_file)
    return True


def _tell(say: Say, done: int, all_of_them: int) -> None:
    if done == all_of_them or done % 25 == 0:
        say(f"prompts: {done} of {all_of_them}")
