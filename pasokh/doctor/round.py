"""The order in which the doctor looks."""

from collections.abc import Iterator

from pasokh.doctor.findings import Check, Finding, Grade, note
from pasokh.doctor.kept_sound import look_at_keys, look_at_space
from pasokh.doctor.machine import look_at_asterisk, look_at_clock, look_at_disk, look_at_programs
from pasokh.doctor.outbound import look_at_outbound
from pasokh.doctor.pages import look_at_certificate, look_at_pages
from pasokh.doctor.reporting import look_at_mail, look_at_paper
from pasokh.doctor.running import look_at_ami, look_at_broker, look_at_ports, look_at_services
from pasokh.doctor.state import (
    look_at_database,
    look_at_emergency,
    look_at_folder,
    look_at_follow_ups,
    look_at_prompts,
    look_at_quality,
    look_at_speech,
    look_at_transcripts,
)
from pasokh.site import Site

CHECKS = (
    Check("programs", look_at_programs),
    Check("Asterisk", look_at_asterisk),
    Check("folder", look_at_folder),
    Check("disk", look_at_disk),
    Check("clock", look_at_clock),
    Check("prompts", look_at_prompts),
    Check("emergency", look_at_emergency),
    Check("speech", look_at_speech),
    Check("transcripts", look_at_transcripts),
    Check("follow-ups", look_at_follow_ups),
    Check("quality", look_at_quality),
    Check("PDF", look_at_paper),
    Check("mail", look_at_mail),
    Check("calls out", look_at_outbound),
    Check("database", look_at_database),
    Check("recordings", look_at_keys),
    Check("retention", look_at_space),
    Check("ports", look_at_ports),
    Check("certificate", look_at_certificate),
    Check("services", look_at_services, needs_line=True),
    Check("web pages", look_at_pages, needs_line=True),
    Check("broker", look_at_broker, needs_line=True),
    Check("AMI", look_at_ami, needs_line=True),
)


def make_round(site: Site, *, line_is_up: bool) -> Iterator[tuple[Check, Finding]]:
    """Every check with what it found; a check that itself fails is a fault, and the others go on."""
    for check in CHECKS:
        if check.needs_line and not line_is_up:
            yield check, note("not looked at: the line is down", "`bin/pasokh up` starts it")
        else:
            yield check, _look(check, site)


def _look(check: Check, site: Site) -> Finding:
    try:
        return check.look(site)
    except Exception as error:  # noqa: BLE001 - a doctor that falls over helps nobody
        return Finding(Grade.FAULT, f"the look itself failed: {error!r}", "report this with the text above")
