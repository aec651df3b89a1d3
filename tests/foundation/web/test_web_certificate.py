"""The certificate that Pasokh makes: trusted through its authority, for this machine's names alone, renewed in time."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from foundation.paths import Home
from foundation.settings import WebPages
from foundation.web.certificate import Certificate, CertificateError, expiry, names_of, web_certificate
from tests.support.page_site import small_settings

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def shake_hands(server: Certificate, name: str, trusted: Path) -> None:
    """Raises: ssl.SSLError, when a client that trusts `trusted` does not take it for `name`."""
    ours, theirs = socket.socketpair()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server.chain, server.key)

    def serve() -> None:
        try:
            serving.wrap_socket(ours, server_side=True).close()
        except (ssl.SSLError, OSError):
            ours.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        asking = ssl.create_default_context(cafile=trusted)
        asking.verify_flags |= ssl.VERIFY_X509_STRICT
        asking.wrap_socket(theirs, server_hostname=name).close()
    finally:
        theirs.close()
        thread.join()


def test_a_browser_that_trusts_the_authority_trusts_the_pages_under_each_name(tmp_path: Path) -> None:
    settings = small_settings(web=WebPages(names=["line.example"]))
    found = web_certificate(Home(tmp_path), settings)
    assert found.authority is not None
    for name in ("localhost", "127.0.0.1", "line.example"):
        shake_hands(found, name, found.authority)
    with pytest.raises(ssl.SSLError):
        shake_hands(found, "bank.example", found.authority)


def test_only_the_owner_reads_the_keys(tmp_path: Path) -> None:
    found = web_certificate(Home(tmp_path), small_settings())
    for path in (found.key, found.key.with_name("authority.key")):
        assert path.stat().st_mode & 0o077 == 0
    assert found.key.parent.stat().st_mode & 0o077 == 0


def test_it_is_kept_until_a_month_before_its_end_and_the_authority_much_longer(tmp_path: Path) -> None:
    home, settings = Home(tmp_path), small_settings()
    first = web_certificate(home, settings, NOW)
    assert first.authority is not None
    chain, authority = first.chain.read_bytes(), first.authority.read_bytes()
    web_certificate(home, settings, NOW + timedelta(days=360))
    assert first.chain.read_bytes() == chain
    web_certificate(home, settings, NOW + timedelta(days=370))
    assert first.chain.read_bytes() != chain
    assert first.authority.read_bytes() == authority, "browsers need not be told again"
    assert expiry(first) > NOW + timedelta(days=700)


def test_a_further_name_makes_a_new_one_by_an_authority_that_may_speak_for_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    before = web_certificate(home, small_settings()).chain.read_bytes()
    settings = small_settings(web=WebPages(names=["line.example"]))
    found = web_certificate(home, settings)
    assert found.chain.read_bytes() != before
    assert found.authority is not None
    shake_hands(found, "line.example", found.authority)
    held = x509.load_pem_x509_certificate(found.chain.read_bytes()).extensions
    names = held.get_extension_for_class(x509.SubjectAlternativeName).value
    assert len(list(names)) == len(names_of(settings))


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    found = web_certificate(Home(tmp_path), small_settings())
    found.key.write_text("half")
    again = web_certificate(Home(tmp_path), small_settings())
    assert again.authority is not None
    shake_hands(again, "localhost", again.authority)


def test_the_sites_own_certificate_is_taken_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    made = web_certificate(Home(tmp_path / "maker"), small_settings())
    settings = small_settings(web=WebPages(certificate=made.chain, key=made.key))
    found = web_certificate(Home(tmp_path / "site"), settings)
    assert (found.chain, found.authority) == (made.chain, None)
    made.key.write_text("nonsense")
    with pytest.raises(CertificateError, match=r"web\.certificate"):
        web_certificate(Home(tmp_path / "site"), settings)
