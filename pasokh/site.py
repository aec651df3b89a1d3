"""One site: its folder, its settings and its secrets."""

import os
from dataclasses import dataclass
from pathlib import Path

from foundation.paths import CHECKOUT, Home
from foundation.settings import Secrets, Settings, load_secrets, load_settings
from pasokh.refusal import RefusedError

FIRST_SETTINGS = CHECKOUT / "foundation/site.yaml"


@dataclass(frozen=True)
class Site:
    """A site whose settings are known to be good."""

    home: Home
    settings: Settings
    secrets: Secrets


def open_site() -> Site:
    """The site that `PASOKH_HOME` names.

    Raises:
        SettingsError: its settings are missing or wrong.
    """
    home = Home.from_environment()
    settings = load_settings(home)
    return Site(home, settings, load_secrets(home, settings))


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
