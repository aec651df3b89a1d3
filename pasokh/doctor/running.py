"""Looks at the running line: services, ports, broker, AMI."""

import asyncio
import socket

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.ami_connection import AmiError
from pasokh.doctor.findings import Finding, fault, good
from pasokh.line import standings
from pasokh.ports import LOOPBACK, listening_ports, taken_ports
from pasokh.refusal import RefusedError
from pasokh.site import Site
from pasokh.supervise import is_supervised

AMI_SECONDS = 5.0
BROKER_SECONDS = 2.0
MQTT_CONNECT = bytes((0x10, 18, 0, 4, *b"MQTT", 4, 2, 0, 5, 0, 6, *b"doctor"))
"""A client named `doctor` greets the broker (MQTT 3.1.1, section 3.1)."""
MQTT_ACCEPTED = bytes((0x20, 2, 0, 0))


def look_at_ports(site: Site) -> Finding:
    ports = listening_ports(site.settings)
    if is_supervised(site.home):
        return good("in use by this line")
    taken = taken_ports(ports)
    if taken:
        names = ", ".join(str(port) for port in taken)
        return fault(f"held by another program: {names}", f"end it, or move the ports in {site.home.settings_file}")
    return good("free")


def look_at_services(site: Site) -> Finding:
    try:
        late = [one.state.name for one in standings(site) if not one.ready]
    except RefusedError as error:
        return fault(str(error), f"see {site.home.logs / 'supervisord.log'}")
    if late:
        logs = ", ".join(f"{site.home.logs / name}.log" for name in late)
        return fault(f"not ready: {', '.join(late)}", f"see {logs}")
    return good("all ready")


def look_at_broker(site: Site) -> Finding:
    port = site.settings.ports.of("mqtt")
    try:
        with socket.create_connection((LOOPBACK, port), BROKER_SECONDS) as broker:
            broker.sendall(MQTT_CONNECT)
            answer = broker.recv(len(MQTT_ACCEPTED), socket.MSG_WAITALL)
    except OSError as error:
        return fault(f"{LOOPBACK}:{port}: {error}", f"see {site.home.logs / 'mosquitto.log'}")
    if answer != MQTT_ACCEPTED:
        return fault(f"{LOOPBACK}:{port}: answers, but refuses us", f"see {site.home.logs / 'mosquitto.log'}")
    return good(f"{LOOPBACK}:{port}")


def look_at_ami(site: Site) -> Finding:
    port = site.settings.ports.of("ami")
    try:
        started = asyncio.run(asyncio.wait_for(_core_started(site, port), AMI_SECONDS))
    except (AmiError, OSError, TimeoutError) as error:
        reason = str(error) or "no answer"
        return fault(f"{LOOPBACK}:{port}: {reason}", "`bin/pasokh restart asterisk` gives it today's secrets")
    return good(f"{LOOPBACK}:{port}, Asterisk up since {started}")


async def _core_started(site: Site, port: int) -> str:
    async with AmiLink(LOOPBACK, port, "pasokh", site.secrets.ami) as link:
        await link.connected()
        answer = await link.action("CoreStatus")
        return f"{answer.get('CoreStartupDate')} {answer.get('CoreStartupTime')}"
