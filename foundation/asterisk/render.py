"""Fills Asterisk's configuration from the site's settings."""

import sys
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from foundation.asterisk.events import NEEDED_EVENTS
from foundation.asterisk.install import Installation
from foundation.paths import CHECKOUT, Home
from foundation.settings import Secrets, Settings
from foundation.speech import ENGINE, server_url, spoken_languages

TEMPLATES = CHECKOUT / "asterisk-config"
DIALPLANS = CHECKOUT / "dialplans"
RESCUE_SCRIPT = CHECKOUT / "ivr" / "rescue_agi.py"


def render(home: Home, settings: Settings, secrets: Secrets, asterisk: Installation) -> None:
    """Write every file of Asterisk's configuration; a file that would not change is left as it is.

    What was rendered before and has no template any more is removed.
    """
    replace_files(home, wanted_files(home, settings, secrets, asterisk))


def wanted_files(home: Home, settings: Settings, secrets: Secrets, asterisk: Installation) -> dict[str, bytes]:
    """Everything that shall lie under `etc`: file name to content."""
    wanted = {name: text.encode() for name, text in rendered_files(home, settings, secrets, asterisk).items()}
    wanted |= {f"pasokh/{path.name}": path.read_bytes() for path in dialplan_files()}
    return wanted | {"agi-bin/rescue": _rescue_launcher().encode()}


def present_files(home: Home) -> dict[str, bytes]:
    """What lies under `etc` now."""
    root = home.asterisk_config
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def replace_files(home: Home, wanted: Mapping[str, bytes]) -> None:
    """Have exactly these files under `etc`."""
    for name, content in wanted.items():
        _write(home.asterisk_config / name, content)
    (home.asterisk_config / "agi-bin/rescue").chmod(0o700)
    for path in home.asterisk_config.rglob("*"):
        if path.is_file() and str(path.relative_to(home.asterisk_config)) not in wanted:
            path.unlink()


def rendered_files(home: Home, settings: Settings, secrets: Secrets, asterisk: Installation) -> dict[str, str]:
    """File name under `etc` to its text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, autoescape=False,  # noqa: S701 - Asterisk's configuration is not HTML
    )
    values = {
        "settings": settings,
        "secrets": secrets,
        "port": settings.ports.of,
        "etc": home.asterisk_config,
        "lib": home.asterisk / "lib",
        "spool": home.asterisk / "spool",
        "run": home.sockets,
        "log": home.asterisk_log,
        "raw": home.recordings_raw,
        "rescue_spool": home.voice_spool,
        "emergency": home.emergency,
        "drain": home.drain,
        "callback_offers": home.callback_offers,
        "music_folder": home.music,
        "music": sorted({"default", *(queue.music for queue in settings.queues.values())}),
        "modules": asterisk.modules,
        "data": home.asterisk / "data",
        "dialplans": [f"pasokh/{path.name}" for path in dialplan_files()],
        "ami_events": NEEDED_EVENTS,
        "speech": {"used": bool(spoken_languages(settings)), "engine": ENGINE, "url": server_url(settings)},
    }
    names = [path.relative_to(TEMPLATES) for path in sorted(TEMPLATES.rglob("*.conf"))]
    return {str(name): environment.get_template(str(name)).render(values) for name in names}


def dialplan_files() -> list[Path]:
    return sorted(DIALPLANS.glob("*.conf"))


def prepare_folders(home: Home, asterisk: Installation) -> None:
    """The folders that Asterisk expects to find."""
    home.make()
    for folder in (home.asterisk / "lib/keys", home.asterisk / "spool", home.voice_spool):
        folder.mkdir(parents=True, exist_ok=True)
    # Asterisk looks for prompts under its data folder's `sounds`; ours are the site's.
    data = home.asterisk / "data"
    data.mkdir(exist_ok=True)
    for name, target in (("sounds", home.prompts), ("documentation", asterisk.data / "documentation")):
        link = data / name
        if link.is_symlink() and link.readlink() == target:
            continue
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _rescue_launcher() -> str:
    reason = "# The menus are down: this must work with nothing of ours running."
    return f'#!/bin/sh\n{reason}\nexec "{sys.executable}" -I "{RESCUE_SCRIPT}" "$@"\n'


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == content:
        return
    half = path.with_name(path.name + ".half")
    half.touch(mode=0o600)
    half.write_bytes(content)
    half.replace(path)


def copy_for_inclusion(rendered: Path, folder: Path) -> None:
    """Put the files that an Asterisk of the site's own includes into `folder`/pasokh, readable by their owner alone."""
    for source in sorted((rendered / "pasokh").iterdir()):
        _write(folder / "pasokh" / source.name, source.read_bytes())
