"""A backup's own key, made for it alone, and that key sealed for whoever may restore it. All of it is age's format.

Without `key.age`, or without what opens it, a backup is worthless: destroying that one file destroys the backup.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from pasokh.refusal import RefusedError

SHORTEST_PASSPHRASE = 12
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Opener:
    """What opens a backup: a passphrase, or keys of age."""

    passphrase: str | None = None
    recipients: Sequence[str] = ()
    """`age1...`, to seal for."""
    identities: Sequence[str] = ()
    """`AGE-SECRET-KEY-1...`, to open with."""

    def check(self) -> None:
        """Look whether it can seal.

        Raises:
            RefusedError: neither passphrase nor recipient, or one that is none.
        """
        if not self._keys() and len(self.passphrase or "") < SHORTEST_PASSPHRASE:
            raise RefusedError(f"a backup needs --recipient, or a passphrase of at least {SHORTEST_PASSPHRASE} signs")

    def seal(self, content: bytes) -> bytes:
        """Seal a small thing; `check` says whether it can be."""
        keys = self._keys()
        if keys:
            return bytes(pyrage.encrypt(content, keys))
        return bytes(pyrage.passphrase.encrypt(content, self.passphrase or ""))

    def _keys(self) -> list[Any]:
        try:
            return [pyrage.x25519.Recipient.from_str(one) for one in self.recipients]
        except pyrage.RecipientError as error:
            raise RefusedError(f"--recipient: {error}; age-keygen shows one, like age1...") from error

    def open(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            RefusedError: this does not open it.
        """
        try:
            if self.identities:
                keys = [pyrage.x25519.Identity.from_str(one) for one in self.identities]
                return bytes(pyrage.decrypt(sealed, keys))
            return bytes(pyrage.passphrase.decrypt(sealed, self.passphrase or ""))
        except (pyrage.DecryptError, pyrage.IdentityError) as error:
            raise RefusedError(f"the backup's key cannot be opened: {error}") from error


class BackupKey:
    """Seals the files of one backup, each by a key of its own within."""

    def __init__(self, identity: Any) -> None:
        self._identity = identity
        self._recipient = identity.to_public()

    @classmethod
    def new(cls) -> "BackupKey":
        return cls(pyrage.x25519.Identity.generate())

    def sealed_for(self, opener: Opener, manifest: bytes) -> bytes:
        """The content of key.age, which vouches for the manifest too."""
        said = {"identity": str(self._identity), "manifest": hashlib.sha256(manifest).hexdigest()}
        return opener.seal(json.dumps(said).encode())

    @classmethod
    def opened(cls, sealed: bytes, opener: Opener, manifest: bytes) -> "BackupKey":
        """The key in key.age.

        Raises:
            RefusedError: it cannot be opened, or the manifest is another one.
        """
        said = json.loads(opener.open(sealed))
        if said["manifest"] != hashlib.sha256(manifest).hexdigest():
            raise RefusedError("manifest.age was changed after the backup was made")
        return cls(pyrage.x25519.Identity.from_str(said["identity"]))

    def seal(self, content: bytes) -> bytes:
        return bytes(pyrage.encrypt(content, [self._recipient]))

    def open(self, sealed: bytes) -> bytes:
        return bytes(pyrage.decrypt(sealed, [self._identity]))

    def seal_file(self, source: Path, target: Path) -> None:
        pyrage.encrypt_file(str(source), str(target), [self._recipient])

    def open_file(self, source: Path, target: Path) -> None:
        """Raises RefusedError: it was altered or cut off."""
        try:
            pyrage.decrypt_file(str(source), str(target), [self._identity])
        except pyrage.DecryptError as error:
            raise RefusedError(f"{source}: altered or cut off: {error}") from error


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


__all__ = ["BackupKey", "Opener", "sha256_of"]
