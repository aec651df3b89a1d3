"""PINs are kept as scrypt hashes (RFC 7914), each with its own salt and cost."""

import hashlib
import hmac
import secrets

COST = 2**13
BLOCK = 8
PARALLEL = 1


def hash_pin(pin: str, salt: bytes | None = None, cost: int = COST) -> str:
    """`scrypt$cost$salt$hash`, the last two in hexadecimal digits."""
    grain = secrets.token_bytes(16) if salt is None else salt
    return f"scrypt${cost}${grain.hex()}${_scrypt(pin, grain, cost).hex()}"


def is_pin(pin: str, stored: str) -> bool:
    """Whether `pin` is the one that was hashed; takes the same time for any wrong one."""
    _, cost, salt, wanted = stored.split("$")
    return hmac.compare_digest(_scrypt(pin, bytes.fromhex(salt), int(cost)), bytes.fromhex(wanted))


def _scrypt(pin: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=BLOCK, p=PARALLEL, dklen=32)
