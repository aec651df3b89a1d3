"""What a newcomer needs to know once the line is up: where to dial, where to look, with which accounts."""

from foundation.reachable import reachable_address
from pasokh.site import Site
from pasokh.web_front import first_lines, trust_lines, web_address

INDENT = " " * 26


def announcement(site: Site, *, with_passwords: bool) -> str:
    """The text; passwords only where a person reads it. A site without users gets its first one by this."""
    server = f"{reachable_address(site.settings.sip.address)}:{site.settings.ports.of('sip')}"
    agents = [name for name, agent in site.settings.agents.items() if agent.device == "sip"]
    shown = [f"{agent}  password {site.secrets.agents[agent]}" if with_passwords else agent for agent in agents]
    lines = [
        "",
        f"The line is up. Dial      sip:{site.settings.site.number}@{server}",
        f"Agents' telephones        server {server}; `bin/pasokh accounts` shows them again",
        *(INDENT + account for account in shown),
        *(_pages(site, with_passwords=with_passwords) if "web" not in site.settings.site.without else ()),
        f"Log an agent in           bin/pasokh agent login {next(iter(site.settings.agents), 'AGENT')}",
        "Watch it live             bin/pasokh floor",
        "Figures                   bin/pasokh report queue",
        "Try it without telephones bin/pasokh demo",
        f"Logs                      {site.home.logs}",
        f"Recordings                {site.home.recordings_store}",
        "",
    ]
    return "\n".join(lines)


def _pages(site: Site, *, with_passwords: bool) -> list[str]:
    return [
        f"Web pages                 {web_address(site.settings)}",
        *(INDENT + line for line in trust_lines(site)),
        *(INDENT + line for line in first_lines(site, with_password=with_passwords)),
    ]

