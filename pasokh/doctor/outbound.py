"""Looks at what calls to the public need."""

import socket
from datetime import datetime

from pasokh.doctor.findings import Finding, fault, good, note
from pasokh.site import Site

DOCS = "docs/callbacks.md"


def look_at_outbound(site: Site) -> Finding:
    trunk = site.settings.sip.trunk
    if trunk.proxy is None:
        return note(
            "no calls go out: callbacks are noted and never made", f"set sip.trunk.proxy in site.yaml ({DOCS})")
    if trunk.username and not site.secrets.trunk:
        return fault(
            f"the carrier's password for {trunk.username} is missing",
            f"write it as `trunk:` in {site.home.secrets_file}",
        )
    host = trunk.proxy.rsplit(":", 1)[0] if not trunk.proxy.endswith("]") else trunk.proxy
    try:
        socket.getaddrinfo(host.strip("[]"), None)
    except OSError as error:
        return fault(f"sip.trunk.proxy {trunk.proxy}: {error}", "mend the name or the network's name service")
    if site.home.drain.exists():
        since = datetime.fromtimestamp(site.home.drain.stat().st_mtime).astimezone().strftime("%H:%M")
        return note(f"no calls go out: drained since {since}", "`bin/pasokh undrain` takes calls again")
    return good(f"calls go out by {trunk.proxy} as {trunk.caller_id or site.settings.site.number}")
