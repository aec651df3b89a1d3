"""The site's own certificate, where it was given no other: an authority of this site alone, and what it signs.

People tell their browsers once to trust the authority; what it signs is renewed under them. The authority can speak for
this machine's names and addresses only, so that a stolen key opens nothing else.
"""

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from foundation.paths import Home
from foundation.reachable import reachable_address
from foundation.settings import Settings

AUTHORITY_DAYS = 3650
LEAF_DAYS = 397
"""Browsers refuse longer ones."""
RENEW_DAYS = 30
LEEWAY = timedelta(hours=1)
"""For clocks that are behind."""


class CertificateError(Exception):
    """The certificate that the settings name cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files that a server reads."""

    chain: Path
    key: Path
    authority: Path | None
    """What browsers must be told to trust; None when the site gave a certificate of its own."""


def web_certificate(home: Home, settings: Settings, now: datetime | None = None) -> Certificate:
    """The certificate to serve with: the site's, or ours, made or renewed when needed.

    Raises:
        CertificateError: the site's own files cannot be used.
    """
    if settings.web.certificate is not None and settings.web.key is not None:
        own = Certificate(settings.web.certificate, settings.web.key, None)
        _check(own)
        return own
    return _local(home.certificates, names_of(settings), now or datetime.now(UTC))


def names_of(settings: Settings) -> list[str]:
    """Host names and addresses by which this machine is reached."""
    names = ["localhost", socket.gethostname().lower(), *settings.web.names]
    addresses = ["127.0.0.1", "::1", reachable_address(settings.web.address)]
    return list(dict.fromkeys(name for name in (*names, *addresses) if name))


def expiry(certificate: Certificate) -> datetime:
    return x509.load_pem_x509_certificate(certificate.chain.read_bytes()).not_valid_after_utc


def fingerprint(path: Path) -> str:
    """SHA-256 of a certificate, as browsers show it."""
    return x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(hashes.SHA256()).hex(":").upper()


def _check(certificate: Certificate) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.chain, certificate.key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        text = f"web.certificate = {str(certificate.chain)!r}, web.key = {str(certificate.key)!r}: {error}"
        raise CertificateError(text) from error


def _local(folder: Path, names: Sequence[str], now: datetime) -> Certificate:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = Certificate(folder / "web.pem", folder / "web.key", folder / "authority.pem")
    if not _is_good(found, names, now):
        _make(folder, found, names, now)
    return found


def _is_good(certificate: Certificate, names: Sequence[str], now: datetime) -> bool:
    try:
        leaf = x509.load_pem_x509_certificate(certificate.chain.read_bytes())
        _check(certificate)
    except (OSError, ValueError, CertificateError):
        return False
    held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(_general(names)) <= set(held) and leaf.not_valid_after_utc - now > timedelta(days=RENEW_DAYS)


def _make(folder: Path, wanted: Certificate, names: Sequence[str], now: datetime) -> None:
    issuer, issuer_key = _authority(folder, names, now)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Pasokh")])
    leaf = _builder(subject, issuer.subject, key, now, LEAF_DAYS).add_extension(
        x509.SubjectAlternativeName(_general(names)), critical=False,
    ).add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True).add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False,
    ).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False,
    ).sign(issuer_key, hashes.SHA256())
    _write(wanted.key, _key_bytes(key), 0o600)
    _write(wanted.chain, leaf.public_bytes(serialization.Encoding.PEM), 0o600)


def _authority(
    folder: Path, names: Sequence[str], now: datetime,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The one that is there, when it may speak for these names; else a new one."""
    path, key_path = folder / "authority.pem", folder / "authority.key"
    try:
        known = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        permitted = known.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except (OSError, ValueError, x509.ExtensionNotFound):
        return _new_authority(path, key_path, names, now)
    lasts = known.not_valid_after_utc - now > timedelta(days=LEAF_DAYS)
    if lasts and isinstance(key, ec.EllipticCurvePrivateKey) and set(_constrained(names)) <= set(permitted):
        return known, key
    return _new_authority(path, key_path, names, now)


def _new_authority(
    path: Path, key_path: Path, names: Sequence[str], now: datetime,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Pasokh on {socket.gethostname()}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )
    made = _builder(name, name, key, now, AUTHORITY_DAYS).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True,
    ).add_extension(usage, critical=True).add_extension(
        x509.NameConstraints(permitted_subtrees=_constrained(names), excluded_subtrees=None), critical=True,
    ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False).sign(
        key, hashes.SHA256(),
    )
    _write(key_path, _key_bytes(key), 0o600)
    _write(path, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return made, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        subject_name=subject, issuer_name=issuer, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now - LEEWAY,
        not_valid_after=now + timedelta(days=days),
    )


def _general(names: Iterable[str]) -> list[x509.GeneralName]:
    return [x509.IPAddress(ip) if (ip := _as_ip(name)) else x509.DNSName(name) for name in names]


def _constrained(names: Iterable[str]) -> list[x509.GeneralName]:
    return [
        x509.IPAddress(ipaddress.ip_network(ip)) if (ip := _as_ip(name)) else x509.DNSName(name) for name in names
    ]


def _as_ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _write(path: Path, content: bytes, mode: int) -> None:
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    half.replace(path)
