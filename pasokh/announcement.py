"""What a newcomer needs to know once the line is up: where to dial, where to look, with which accounts."""

import ipaddress
import socket

from pasokh.site import Site

SOMEWHERE = ("192.0.2.1", 9)
"""An address that nobody has: asking the way to it sends nothing."""


def announcement(site: Site, *, with_passwords: bool) -> str:
    """The text; passwords only where a person reads it."""
    server = f"{reachable_address(site.settings.sip.address)}:{site.settings.ports.of('sip')}"
    agents = site.settings.agents
    shown = [f"{agent}  password {site.secrets.agents[agent]}" if with_passwords else agent for agent in agents]
    lines = [
        "",
        f"The line is up. Dial      sip:{site.settings.site.number}@{server}",
        f"Agents' telephones        server {server}; `bin/pasokh accounts` shows them again",
        *(f"                          {account}" for account in shown),
        f"Log an agent in           bin/pasokh agent login {next(iter(agents), 'AGENT')}",
        "Watch it live             bin/pasokh floor",
        "Figures                   bin/pasokh report queue",
        "Try it without telephones bin/pasokh demo",
        f"Logs                      {site.home.logs}",
        f"Recordings                {site.home.recordings_store}",
        "",
    ]
    return "\n".join(lines)


def reachable_address(listening: str) -> str:
    """Where a telephone in the network reaches something that listens on that address."""
    if not ipaddress.ip_address(listening).is_unspecified:
        return listening
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(SOMEWHERE)
            return str(way.getsockname()[0])
        except OSError:
            return "127.0.0.1"
