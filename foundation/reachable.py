"""Where others in the network find this machine."""

import ipaddress
import socket

SOMEWHERE = ("192.0.2.1", 9)
"""An address that nobody has: asking the way to it sends nothing."""


def reachable_address(listening: str) -> str:
    """Where others reach something that listens on that address."""
    if not ipaddress.ip_address(listening).is_unspecified:
        return listening
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(SOMEWHERE)
            return str(way.getsockname()[0])
        except OSError:
            return "127.0.0.1"
