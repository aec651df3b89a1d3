"""Sound at rest is encrypted with age: every file by a key of its own, which the site's key opens.

The site's keys stand in secrets.yaml under `recording_keys`, the newest first: that one seals, all of them open.
"""

import hashlib
from dataclasses import dataclass

import pyrage

from recordings.wav import BrokenSoundError


class SoundLockedError(Exception):
    """None of the site's keys opens the file; the text says what to do."""


@dataclass(frozen=True)
class SiteKeys:
    """The identities of age (`AGE-SECRET-KEY-1...`) that open this site's sound, the newest first."""

    identities: tuple[str, ...]

    @property
    def newest(self) -> str | None:
        """Fingerprint of the one that seals; None: nothing can be sealed."""
        return fingerprint(self.identities[0]) if self.identities else None

    def seal(self, content: bytes) -> bytes:
        """Encrypt for the newest key."""
        return bytes(pyrage.encrypt(content, [_identity(self.identities[0]).to_public()]))

    def unseal(self, content: bytes, name: str) -> bytes:
        """Decrypt with whichever key fits.

        Raises:
            SoundLockedError: none does.
            BrokenSoundError: the file was altered or cut off.
        """
        try:
            return bytes(pyrage.decrypt(content, [_identity(one) for one in self.identities]))
        except pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                raise SoundLockedError(
                    f"{name}: no key under recording_keys in secrets.yaml opens it; add the one that sealed it",
                ) from error
            raise BrokenSoundError(f"{name}: altered or cut off: {error}") from error


def fingerprint(identity: str) -> str:
    """Of the key's public half: eight hexadecimal digits that tell keys apart and open nothing."""
    return hashlib.sha256(str(_identity(identity).to_public()).encode()).hexdigest()[:8]


def _identity(text: str) -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.from_str(text)
