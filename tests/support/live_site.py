"""What the site of the live tests is like: short times, a queue for each way in which waiting can end."""

import math
import wave
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from foundation.paths import CHECKOUT, Home
from foundation.settings import Settings
from ivr.prompts.catalogue import load_catalogue, recordings_folder
from pasokh.ports import listening_ports, taken_ports

SHORT_ABANDON = 3

QUICK = {"ring_seconds": 3, "retry_seconds": 1, "wrap_up_seconds": 1, "short_abandon": SHORT_ABANDON}

QUEUES: dict[str, dict[str, Any]] = {
    "operator": {"max_wait_seconds": 60},
    "insurance": {},
    "medical": {},
    "pensions": {"max_wait_seconds": 4},
    "ring": {},
    "idle": {},
    "full": {"max_length": 1},
    "empty": {"join_when_empty": False},
    "crowd": {},
}
KEY_OF = {name: str(number) for number, name in enumerate(list(QUEUES)[1:], start=1)}
"""The key of each queue in the subject menu; 0 is the operator."""

MESSAGE_KEY = "9"
"""Of the subject menu: a voice message for the director."""

AGENTS: dict[str, list[str]] = {
    "a101": ["insurance"],
    "a102": ["medical"],
    "a103": ["pensions", "idle"],
    "a104": ["operator"],
    "a105": ["ring"],
    "a106": ["ring"],
    "a107": ["full"],
    "a108": ["operator"],
    "a109": ["operator"],
    "a110": ["empty"],
    **{f"b{number}": ["crowd"] for number in range(201, 211)},
}

PROMPT_SECONDS = 0.4
"""Prompts are tones of this length: what they say is no matter here, and callers need not wait for it."""
PROMPT_HERTZ = 400
APOLOGY_HERTZ = 1300


def site_settings(offset: int, database: str | None = None, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The content of `site.yaml`."""
    return {
        "site": {"name": "live"},
        "ports": {"offset": offset, "rtp_first": 8000, "rtp_last": 9999, "asterisk_http": 7088},
        "sip": {
            "address": "127.0.0.1", "media_address": "127.0.0.1",
            "trunk": {"networks": ["127.0.0.0/8"], "codecs": ["alaw"]},
        },
        "queues": {name: {**QUICK, **own} for name, own in QUEUES.items()},
        "agents": {agent: {"queues": dict.fromkeys(queues, 0)} for agent, queues in AGENTS.items()},
        "database": {"url": database},
        "disk": {"reserve_megabytes": 2, "recordings_stop_below_megabytes": 1},
        **(more or {}),
    }


def is_free(offset: int) -> bool:
    """Whether every port of a site with this offset is."""
    return not taken_ports(listening_ports(Settings(**site_settings(offset))))


def write_site(home: Home, settings: Mapping[str, Any]) -> None:
    """The site's own files: settings, the menus with a key for every queue, short prompts."""
    home.make()
    home.settings_file.write_text(yaml.safe_dump(dict(settings)), encoding="utf-8")
    write_prompts(home)
    menus = home.root / "menus"
    menus.mkdir(exist_ok=True)
    (menus / "main.yaml").write_text(yaml.safe_dump(_menus()), encoding="utf-8")


def _menus() -> dict[str, Any]:
    """The line's own menus, with less patience and more queues."""
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / "ivr/menus/main.yaml").read_text(encoding="utf-8"))
    for menu in content["menus"].values():
        menu |= {"wait_seconds": 1, "retries": 1}
    content["menus"]["subject"]["keys"] |= {key: {"do": "queue", "queue": queue} for queue, key in KEY_OF.items()}
    content["menus"]["subject"]["keys"][MESSAGE_KEY] = {"do": "voice_message", "box": "director"}
    return content


def write_prompts(home: Home) -> None:
    """Recordings of our own for every prompt of every language; each is a short tone."""
    for prompt in load_catalogue(home).texts:
        path = recordings_folder(home) / prompt.language / f"{prompt.name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wav(path, APOLOGY_HERTZ if prompt.name == "sorry-rescue" else PROMPT_HERTZ)


def write_wav(path: Path, hertz: float, seconds: float = PROMPT_SECONDS) -> None:
    samples = int(8000 * seconds)
    sound = array("h", (int(8000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(samples)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(sound.tobytes())
