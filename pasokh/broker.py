"""The MQTT broker of one site: mosquitto on the loopback address, with its memory under the site's folder."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

from foundation.paths import Home
from foundation.settings import Settings
from pasokh.refusal import RefusedError

# Only this machine reaches the loopback address, so the bus needs no names and passwords there.
CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {memory}/
autosave_interval 60
log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages false
"""


def broker_configuration(port: int, memory: Path, *, as_root: bool) -> str:
    """The text of mosquitto's configuration file."""
    text = CONFIGURATION.format(port=port, memory=memory)
    # Started by root, mosquitto would become a user of its own, who may not look into the site's folder.
    return f"user root\n{text}" if as_root else text


def become_broker(home: Home, settings: Settings) -> NoReturn:
    """Write the configuration and become mosquitto.

    Raises:
        RefusedError: mosquitto is not installed.
    """
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise RefusedError("mosquitto is not installed: `bin/pasokh prepare` installs it")
    memory = home.root / "mosquitto"
    memory.mkdir(exist_ok=True)
    file = memory / "mosquitto.conf"
    text = broker_configuration(settings.ports.of("mqtt"), memory, as_root=os.geteuid() == 0)
    file.write_text(text, encoding="utf-8")
    os.execv(program, [program, "-c", str(file)])  # noqa: S606 - no shell is wanted
