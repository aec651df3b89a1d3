"""National IDs as the database has them: sealed under the site's key, and found by a keyed hash.

The seal is Fernet (AES-128-CBC with HMAC-SHA256, of `cryptography`), the hash HMAC-SHA256. The newest key
seals; older ones only open what was sealed before the last rotation.
"""

import hmac
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from followups.vault.keys import Keys

SHOWN_DIGITS = 3


class SealBrokenError(Exception):
    """None of the site's keys opens it."""


class Vault:
    """Asks for the keys at each use, so a rotation holds for running services too."""

    def __init__(self, keys: Callable[[], Keys]) -> None:
        self._keys = keys

    def seal(self, national_id: str) -> bytes:
        return self._fernet().encrypt(national_id.encode())

    def open(self, sealed: bytes) -> str:
        """The national ID.

        Raises:
            SealBrokenError: it was sealed with a key that is not there any more, or changed since.
        """
        try:
            return self._fernet().decrypt(sealed).decode()
        except InvalidToken:
            raise SealBrokenError("a national ID cannot be opened: its key is not in identity-keys.yaml") from None

    def renewed(self, sealed: bytes) -> bytes:
        """The same under the newest key.

        Raises:
            SealBrokenError: no key opens it.
        """
        try:
            return self._fernet().rotate(sealed)
        except InvalidToken:
            raise SealBrokenError("a national ID cannot be opened: its key is not in identity-keys.yaml") from None

    def fingerprint(self, text: str) -> str:
        """What it is found by: 64 hexadecimal digits, that say nothing without the site's key."""
        return hmac.digest(self._keys().finding.encode(), text.encode(), "sha256").hex()

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(key) for key in self._keys().sealing])


def masked(national_id: str) -> str:
    """`•••••••678`: enough to tell two people of one family apart."""
    return "•" * (len(national_id) - SHOWN_DIGITS) + national_id[-SHOWN_DIGITS:]
