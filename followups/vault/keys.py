"""The keys of the vault: a file of the owner's alone, made at the first need, with the newest sealing key first.

A rotation puts a new key in front, has everything sealed anew, and then keeps one older key beside it: a service that
was sealing at that very moment may still have used that one.
"""

import base64
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from foundation.paths import Home

KEPT_AFTER_ROTATION = 2


class KeysUnreadableError(Exception):
    """The keys' file is not as it was written; the text says where and what to do."""


@dataclass(frozen=True, slots=True)
class Keys:
    sealing: Sequence[str]
    """Fernet keys, the newest first."""
    finding: str


def load_keys(home: Home) -> Keys:
    """The site's keys, made now if there are none.

    Raises:
        KeysUnreadableError: the file is damaged.
    """
    with _alone(home):
        return _read(home) or _write(home, Keys([_new_key()], secrets.token_urlsafe(32)))


def add_key(home: Home) -> Keys:
    """Put a new sealing key in front of the others."""
    load_keys(home)
    return _changed(home, lambda keys: Keys([_new_key(), *keys.sealing], keys.finding))


def drop_old_keys(home: Home) -> Keys:
    """Forget all but the newest and the one before it; everything must be sealed with those."""
    return _changed(home, lambda keys: Keys(list(keys.sealing[:KEPT_AFTER_ROTATION]), keys.finding))


def key_source(home: Home) -> Callable[[], Keys]:
    """Gives the keys, and looks at the file again whenever it has changed."""
    seen: tuple[int, int] | None = None
    keys = Keys((), "")

    def current() -> Keys:
        nonlocal seen, keys
        stamp = _stamp(home)
        if stamp is None or stamp != seen:
            # The stamp is older than what is read, so a change in between is read again the next time.
            keys, seen = load_keys(home), stamp
        return keys

    return current


def _stamp(home: Home) -> tuple[int, int] | None:
    try:
        status = home.identity_keys.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino


def _changed(home: Home, change: Callable[[Keys], Keys]) -> Keys:
    with _alone(home):
        keys = _read(home)
        if keys is None:
            raise KeysUnreadableError(f"{home.identity_keys}: is gone; put it back from a backup")
        return _write(home, change(keys))


def _read(home: Home) -> Keys | None:
    try:
        return _keys(yaml.safe_load(home.identity_keys.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (yaml.YAMLError, TypeError, KeyError, ValueError) as error:
        # Neither the error's text nor its cause: they may quote a key.
        raise KeysUnreadableError(
            f"{home.identity_keys}: not as it was written ({type(error).__name__}); put it back from a backup",
        ) from None


def _keys(content: Any) -> Keys:
    keys = Keys([str(key) for key in content["sealing"]], str(content["finding"]))
    if not keys.sealing or any(len(base64.urlsafe_b64decode(key)) != 32 for key in keys.sealing):
        raise ValueError("a key that is none")
    return keys


def _write(home: Home, keys: Keys) -> Keys:
    half = home.identity_keys.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(asdict(keys), file)
        file.flush()
        os.fsync(file.fileno())
    half.replace(home.identity_keys)
    return keys


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """One process at a time: two that make the first keys would lose one another's."""
    descriptor = os.open(home.identity_keys.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _new_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
