"""Passwords and keys, made at the first start; their file is the owner's alone."""

import os
import secrets as random_secrets
from pathlib import Path

import yaml

from foundation.paths import Home
from foundation.settings.site import Settings
from foundation.settings.values import Section

PIN_DIGITS = 6
PASSWORD_LENGTH = 16
TYPED = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""People type these into telephones: no letter that looks like another, and no sign that a telephone could take for
something else (SIPp reads `-7` in a password as arithmetic)."""


class Secrets(Section):
    """Passwords made at the first start; the file is the owner's alone."""

    ami: str
    agents: dict[str, str]
    """Agent id to SIP password."""
    pin: str = ""
    """Guards what an agent's telephone may change: prompts and the emergency announcement. Empty: nothing."""
    tracking_key: str = ""
    """Keeps callers from guessing the tracking codes of others."""
    back_office: str = ""
    """Opens the embedded back office."""
    identity_key: str = ""
    """Key of the hashes under which wrong tries are counted."""
    trunk: str = ""
    """The carrier's password for `sip.trunk.username`; the site's owner writes it here."""


def load_secrets(home: Home, settings: Settings) -> Secrets:
    """Read the secrets, and add whatever the settings need that is not there yet."""
    path = home.secrets_file
    stored = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    agents: dict[str, str] = dict(stored.get("agents", {}))
    for agent_id in settings.agents:
        agents.setdefault(agent_id, "".join(random_secrets.choice(TYPED) for _ in range(PASSWORD_LENGTH)))
    found = Secrets(
        ami=stored.get("ami") or random_secrets.token_urlsafe(24),
        agents=agents,
        pin=stored.get("pin") or "".join(random_secrets.choice("0123456789") for _ in range(PIN_DIGITS)),
        tracking_key=stored.get("tracking_key") or random_secrets.token_urlsafe(24),
        back_office=stored.get("back_office") or random_secrets.token_urlsafe(24),
        identity_key=stored.get("identity_key") or random_secrets.token_urlsafe(24),
        trunk=stored.get("trunk") or "",
    )
    if found.model_dump() != stored:
        _write_privately(path, yaml.safe_dump(found.model_dump(), allow_unicode=True))
    return found


def _write_privately(path: Path, text: str) -> None:
    half = path.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    half.replace(path)
