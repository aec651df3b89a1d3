"""Makes one site ready to start: its folder, settings, databases, prompts and Asterisk's configuration."""

import asyncio
from typing import TextIO

from sqlalchemy.exc import SQLAlchemyError

from foundation.asterisk.install import find_asterisk
from foundation.asterisk.music import convert_music
from foundation.asterisk.render import prepare_folders, render
from foundation.paths import Home
from ivr.prompts import CatalogueError, SoundError, ToolMissingError, build
from pasokh.migrations import migrate
from pasokh.refusal import RefusedError
from pasokh.setup.progress import Progress
from pasokh.site import Site, make_home, open_site, write_first_settings


def prepare_site(stream: TextIO) -> Site:
    """Make everything that the services of the site find there; what is there already stays. `stream` shows progress.

    Raises:
        SettingsError: its settings are wrong.
        RefusedError: its folder, database, prompts or music cannot be made ready.
    """
    home = Home.from_environment()
    make_home(home)
    if write_first_settings(home):
        print(f"Settings written to {home.settings_file}: look into it before the public calls.", file=stream)
    site = open_site()
    _migrate(site, stream)
    _make_sounds(site, stream)
    render(home, site.settings, site.secrets, find_asterisk())
    return site


def _migrate(site: Site, stream: TextIO) -> None:
    try:
        asyncio.run(migrate(site.home, site.settings))
    except SQLAlchemyError as error:
        reason = _first_line(error)
        raise RefusedError(f"the database cannot be made ready: {reason}; see `bin/pasokh doctor`") from error
    except OSError as error:
        # A server that is away must not keep callers from being answered: the journal waits for it.
        print(
            f"The database is away ({_first_line(error)}): calls are answered, figures come when it is back."
            " If this version of Pasokh is new here, run `bin/pasokh prepare` then.", file=stream,
        )


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _make_sounds(site: Site, stream: TextIO) -> None:
    asterisk = find_asterisk()
    prepare_folders(site.home, asterisk)
    showing = Showing("Prompts", stream)
    try:
        built = build(site.home, site.settings, showing.show)
        convert_music(site.home, asterisk)
    except (CatalogueError, SoundError, ToolMissingError, RuntimeError) as error:
        raise RefusedError(f"prompts and music cannot be made ready: {error}") from error
    showing.end()
    for refused in built.refused:
        print(f"This recording cannot be used: {refused}", file=stream)


class Showing:
    """A line of progress that appears only when there is something to do."""

    def __init__(self, title: str, stream: TextIO) -> None:
        self._title = title
        self._stream = stream
        self._progress: Progress | None = None

    def show(self, done: int, wanted: int, _name: str) -> None:
        self._progress = self._progress or Progress(self._title, self._stream)
        self._progress.show(done / wanted)

    def end(self) -> None:
        if self._progress:
            self._progress.done()
