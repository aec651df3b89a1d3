"""One site: its folder, its settings and its secrets."""

from dataclasses import dataclass

from foundation.paths import Home
from foundation.settings import Secrets, Settings, load_secrets, load_settings


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
