"""Passwords and keys, made at the first start; their file is the owner's alone."""

import fcntl
import os
import secrets as random_secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyrage
import yaml
from pydantic import ValidationError

from foundation.paths import Home
from foundation.settings.refusal import explain_secrets
from foundation.settings.site import Settings, SettingsError
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
    smtp: str = ""
    """The mail server's password for `smtp.username`; the site's owner writes it here."""
    recording_keys: tuple[str, ...] = ()
    """Identities of age that open kept sound, the newest first: it seals what is kept from now on.
    Without them the sound is lost."""


def load_secrets(home: Home, settings: Settings) -> Secrets:
    """Read the secrets, and add whatever the settings need that is not there yet.

    Raises:
        SettingsError: the file is not YAML, or a secret in it is no text; no secret is in the error.
    """
    stored = _stored(home.secrets_file)
    if _completed(home.secrets_file, stored, settings).model_dump(mode="json") != stored:
        with _alone(home.secrets_file):  # two that make keys at once would lose one, and the sound with it
            stored = _stored(home.secrets_file)
            found = _completed(home.secrets_file, stored, settings)
            if found.model_dump(mode="json") != stored:
                _write(home.secrets_file, found)
            return found
    return _checked(home.secrets_file, stored)


def add_recording_key(home: Home, settings: Settings) -> Secrets:
    """Make a new key for kept sound; the older ones stay, to open what they sealed."""
    load_secrets(home, settings)
    with _alone(home.secrets_file):
        found = _completed(home.secrets_file, _stored(home.secrets_file), settings)
        found = found.model_copy(update={"recording_keys": (_new_recording_key(), *found.recording_keys)})
        _write(home.secrets_file, found)
    return found


def drop_recording_keys(home: Home, settings: Settings, dropped: Collection[str]) -> Secrets:
    """Take keys out of the secrets for good; the newest one always stays."""
    with _alone(home.secrets_file):
        found = _completed(home.secrets_file, _stored(home.secrets_file), settings)
        newest, *older = found.recording_keys
        found = found.model_copy(update={"recording_keys": (newest, *(key for key in older if key not in dropped))})
        _write(home.secrets_file, found)
    return found


def _stored(path: Path) -> dict[str, Any]:
    try:
        content = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        # The error's own text, and its cause in a log, would show the line, and with it a secret.
        raise SettingsError(f"{path}:{mark.line + 1 if mark else 1}: not YAML") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: must be a mapping of names to secrets")
    return content


def _checked(path: Path, content: Mapping[str, Any]) -> Secrets:
    try:
        return Secrets(**content)
    except ValidationError as error:
        raise SettingsError("\n".join(explain_secrets(path, error))) from None  # its text has the values


def _completed(path: Path, stored: Mapping[str, Any], settings: Settings) -> Secrets:
    agents: Any = stored.get("agents") or {}
    if not isinstance(agents, dict):
        raise SettingsError(f"{path}: agents: must be a mapping of agents to their passwords")
    agents = dict(agents)
    for agent_id in settings.agents:
        agents.setdefault(agent_id, "".join(random_secrets.choice(TYPED) for _ in range(PASSWORD_LENGTH)))
    return _checked(path, {
        "ami": stored.get("ami") or random_secrets.token_urlsafe(24),
        "agents": agents,
        "pin": stored.get("pin") or "".join(random_secrets.choice("0123456789") for _ in range(PIN_DIGITS)),
        "tracking_key": stored.get("tracking_key") or random_secrets.token_urlsafe(24),
        "back_office": stored.get("back_office") or random_secrets.token_urlsafe(24),
        "identity_key": stored.get("identity_key") or random_secrets.token_urlsafe(24),
        "trunk": stored.get("trunk") or "",
        "smtp": stored.get("smtp") or "",
        "recording_keys": stored.get("recording_keys") or [_new_recording_key()],
    })


def _new_recording_key() -> str:
    return str(pyrage.x25519.Identity.generate())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, found: Secrets) -> None:
    half = path.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(yaml.safe_dump(found.model_dump(mode="json"), allow_unicode=True))
        file.flush()
        os.fsync(descriptor)
    half.replace(path)
