"""The menus in use: read again when a file has changed; a broken change leaves the last good menus in place."""

from collections.abc import Iterator
from pathlib import Path

import structlog

from foundation.data_file import DataFileError
from foundation.paths import Home
from foundation.provinces import UNKNOWN, load_provinces
from foundation.settings import Settings
from ivr.actions import exists, known_names
from ivr.menu.menu import Tree
from ivr.menu.tree import Known, load_tree
from ivr.prompts.catalogue import load_catalogue, recordings_folder

HANDLED = ("service", "voice_message", "callback", "transfer", "followup", "case")
"""Kinds of actions that are carried out by a module of their own."""
SHIPPED = Path(__file__).parent / "menus"

log = structlog.get_logger()

Fingerprint = tuple[tuple[str, int, int], ...]


def menu_files(home: Home, shipped: Path = SHIPPED) -> list[Path]:
    """Our files, those replaced that the site has under the same name, and the site's others."""
    found = {path.name: path for folder in (shipped, home.root / "menus") for path in folder.glob("*.yaml")}
    return [found[name] for name in sorted(found)]


def load_menus(home: Home, settings: Settings, shipped: Path = SHIPPED) -> Tree:
    """The menus as the files are now.

    Raises:
        DataFileError: with every fault.
        CatalogueError: the prompts' texts cannot be used.
    """
    return load_tree(menu_files(home, shipped), known_here(home, settings))


def known_here(home: Home, settings: Settings) -> Known:
    """What menus may name in this site.

    Raises:
        CatalogueError: the prompts' texts cannot be used.
    """
    return Known(
        frozenset(settings.queues), settings.default_queue, load_catalogue(home).has,
        handled=frozenset(kind for kind in HANDLED if exists(kind)), services=known_names("service", home, settings),
        boxes=frozenset(settings.boxes), provinces=frozenset({*load_provinces().values(), UNKNOWN}),
        agents=frozenset(settings.agents), subjects=known_names("case", home, settings),
    )


class MenuBook:
    """Asked at the start of each call, so a change holds from the next call on."""

    def __init__(self, home: Home, settings: Settings, shipped: Path = SHIPPED) -> None:
        self._home = home
        self._settings = settings
        self._shipped = shipped
        self._seen: Fingerprint | None = None
        self._tree: Tree | None = None

    def current(self) -> Tree | None:
        """The last good menus; None when there never were any: then every caller goes to the operator."""
        fingerprint = tuple(self._fingerprint())
        if fingerprint != self._seen:
            self._seen = fingerprint
            self._load()
        return self._tree

    def _load(self) -> None:
        try:
            self._tree = load_menus(self._home, self._settings, self._shipped)
        except DataFileError as error:
            kept = "the last good menus" if self._tree else "no menus: every call goes to the operator"
            log.error("menus refused", in_use=kept, faults=[str(fault) for fault in error.faults])  # noqa: TRY400
        else:
            log.info("menus loaded", menus=len(self._tree.menus))

    def _fingerprint(self) -> Iterator[tuple[str, int, int]]:
        # A new recording may be what a refused menu lacked.
        for path in (*menu_files(self._home, self._shipped), *recordings_folder(self._home).glob("*")):
            try:
                status = path.stat()
            except OSError:
                continue
            yield str(path), status.st_mtime_ns, status.st_size
