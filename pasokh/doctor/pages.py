"""Looks at the web pages: their files, their certificate, whether they answer."""

import http.client
import ssl
from datetime import UTC, datetime

from foundation.web.app import bundles_folder
from foundation.web.certificate import CertificateError, expiry, web_certificate
from pasokh.doctor.findings import Finding, fault, good, note
from pasokh.ports import LOOPBACK
from pasokh.site import Site
from pasokh.web_front import web_address

SECONDS = 5.0
SOON_DAYS = 21


def look_at_certificate(site: Site) -> Finding:
    if site.settings.web.behind_proxy:
        return good("the proxy's affair (web.behind_proxy)")
    try:
        certificate = web_certificate(site.home, site.settings)
    except CertificateError as error:
        return fault(str(error), "mend web.certificate and web.key in site.yaml, then `bin/pasokh restart web`")
    days = (expiry(certificate) - datetime.now(UTC)).days
    text = f"good for {days} more days ({certificate.chain})"
    if days < 0:
        return fault(f"out of date since {-days} days ({certificate.chain})", "renew it, then `bin/pasokh restart web`")
    if days < SOON_DAYS:
        return note(text, "renew it, then `bin/pasokh restart web`")
    return good(text if certificate.authority is None else f"our own, {text}")


def look_at_pages(site: Site) -> Finding:
    if "web" in site.settings.site.without:
        return good("not on this machine (site.without)")
    if not (bundles_folder() / "pasokh.js").exists():
        return fault("the scripts of the pages are not there", "`bin/pasokh prepare` makes them")
    try:
        status = _ask_health(site)
    except (OSError, http.client.HTTPException) as error:
        return fault(f"{web_address(site.settings)}: {error}", f"see {site.home.logs / 'web.log'}")
    if status != http.client.OK:
        return fault(f"{web_address(site.settings)}: answers {status}", f"see {site.home.logs / 'web.log'}")
    return good(web_address(site.settings))


def _ask_health(site: Site) -> int:
    link: http.client.HTTPConnection
    if site.settings.web.behind_proxy:
        link = http.client.HTTPConnection(LOOPBACK, site.settings.ports.of("web_http"), timeout=SECONDS)
    else:
        # This is our own process on this machine; whether others trust its certificate is the other look.
        unchecked = ssl._create_unverified_context()  # noqa: S323, SLF001
        host = site.settings.web.address
        here = {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
        link = http.client.HTTPSConnection(here, site.settings.ports.of("web"), timeout=SECONDS, context=unchecked)
    try:
        link.request("GET", "/health")
        return link.getresponse().status
    finally:
        link.close()
