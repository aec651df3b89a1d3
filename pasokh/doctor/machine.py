"""Looks at the machine: programs, disk, clock."""

import ctypes
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from foundation.asterisk.install import AsteriskMissingError, find_asterisk
from pasokh.doctor.findings import Finding, fault, good, note
from pasokh.site import Site

PROGRAMS = ("espeak-ng", "sox", "mosquitto")
SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
UNSYNCHRONISED = 5
"""adjtimex(2): TIME_ERROR, nobody sets this clock right."""
TIMEX_BYTES = 512
"""More than `struct timex` needs on any machine."""
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
MEGABYTE = 1 << 20


def look_at_programs(_site: Site) -> Finding:
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_FOLDERS}"
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        return fault(f"not installed: {', '.join(missing)}", "`bin/pasokh prepare` installs them")
    return good(", ".join(PROGRAMS))


def look_at_asterisk(_site: Site) -> Finding:
    try:
        asterisk = find_asterisk()
        version = asterisk.version().partition("+")[0]
        return good(f"Asterisk {version} ({asterisk.command[-1]})")
    except AsteriskMissingError as error:
        return fault(str(error), "`bin/pasokh prepare` unpacks one")
    except (OSError, subprocess.SubprocessError) as error:
        return fault(f"Asterisk does not run: {error}", "remove .tools/asterisk, then `bin/pasokh prepare`")


def look_at_disk(site: Site) -> Finding:
    free = shutil.disk_usage(site.home.root).free // MEGABYTE
    limit = site.settings.disk.recordings_stop_below_megabytes
    text = f"{free} MB free at {site.home.root}"
    if free < site.settings.disk.reserve_megabytes:
        return fault(text, "make room at once: the journal itself is in danger")
    if free < limit:
        return fault(f"{text}: calls are not recorded below {limit} MB", "make room, or lower disk.* in site.yaml")
    if free < limit * 4:
        return note(text, f"recording stops below {limit} MB: make room soon")
    return good(text)


def look_at_clock(site: Site) -> Finding:
    now = time.time()
    zone = site.settings.site.timezone
    local = datetime.fromtimestamp(now, ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
    if now < EARLIEST:
        return fault(f"this machine believes it is {local} in {zone}", "set the clock: every figure depends on it")
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)) == UNSYNCHRONISED:
        return note(f"{local} in {zone}; nobody keeps this clock right", "install chrony or systemd-timesyncd")
    return good(f"{local} in {zone}, kept right over the network")
