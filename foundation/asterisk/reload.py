"""Takes changed files into the running Asterisk, and asks it afterwards what it has taken.

Asterisk refuses a malformed file with a line in its log and nothing else: only its own answer shows what is in force.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from foundation.asterisk.ami import AmiLink
from foundation.asterisk.install import Installation
from foundation.asterisk.run import console
from foundation.paths import Home
from foundation.settings import Queue, Settings

DIALPLAN = ("dialplan reload",)
SIP = ("module reload res_pjsip.so", "module reload res_pjsip_endpoint_identifier_ip.so")
RELOADS: Mapping[str, tuple[str, ...]] = {
    "pasokh/musiconhold.conf": ("moh reload",),
    "musiconhold.conf": ("moh reload",),
    "pasokh/pjsip.conf": SIP,
    "pjsip.conf": SIP,
    "queuerules.conf": ("queue reload rules",),
    "pasokh/queuerules.conf": ("queue reload rules",),
    "extensions.conf": DIALPLAN,
    "pasokh/extensions.conf": DIALPLAN,
    "queues.conf": ("queue reload parameters",),
    "pasokh/queues.conf": ("queue reload parameters",),
    "say.conf": ("module reload app_playback.so",),
    "pasokh/say.conf": ("module reload app_playback.so",),
}
"""In the order in which they are done: what queues name exists before them, and calls are led to queues last."""
NOTHING = ("agi-bin/rescue", "pasokh/cel_custom.conf")
"""Read when they are needed, or only by an Asterisk of the site's own."""

HEADERS = ("Strategy", "Max", "ServiceLevel", "Weight")
"""Of QueueParams, that are compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that Asterisk has otherwise than the settings say."""

    key: str
    wanted: str
    found: str


def changed_files(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def needs_restart(files: Iterable[str], dialplans: Iterable[str]) -> list[str]:
    """Those that no reload takes in."""
    known = {*RELOADS, *NOTHING, *dialplans}
    return [name for name in files if name not in known]


def reloads_for(files: Iterable[str], dialplans: Iterable[str]) -> list[str]:
    """Console commands that take these files in, each once, in their order."""
    changed, ours = set(files), set(dialplans)
    commands = [command for name, found in RELOADS.items() if name in changed for command in found]
    if changed & ours:
        commands += DIALPLAN
    return list(dict.fromkeys(commands))


async def reload(home: Home, asterisk: Installation, commands: Iterable[str]) -> None:
    for command in commands:
        await console(home, asterisk, command)


async def differences(home: Home, asterisk: Installation, link: AmiLink, settings: Settings) -> list[Difference]:
    """What Asterisk has otherwise than the settings say: queues, the dialplan's values, agents' telephones.

    Raises:
        AmiError: Asterisk is away.
    """
    status = await link.list_action("QueueStatus")
    queues = {
        event.get("Queue"): {header: event.get(header) for header in HEADERS}
        for event in status if event.name == "QueueParams"
    }
    endpoints = await console(home, asterisk, "pjsip show endpoints")
    globals_ = await console(home, asterisk, "dialplan show globals")
    return [
        *queue_differences(settings.queues, queues),
        *endpoint_differences(settings, endpoints),
        *global_differences(settings, globals_),
    ]


def queue_differences(wanted: Mapping[str, Queue], found: Mapping[str, Mapping[str, str]]) -> list[Difference]:
    """From QueueParams; what is there besides may be a queue that its last talking agents still keep."""
    result: list[Difference] = []
    for name, queue in wanted.items():
        if name not in found:
            result.append(Difference(f"queues.{name}", "there", "not there"))
            continue
        for key, value, header in (
            ("strategy", queue.strategy, "Strategy"), ("max_length", str(queue.max_length), "Max"),
            ("service_threshold", str(queue.service_threshold), "ServiceLevel"),
            ("weight", str(queue.weight), "Weight"),
        ):
            if found[name].get(header) != value:
                result.append(Difference(f"queues.{name}.{key}", value, found[name].get(header, "?")))
    return result


def endpoint_differences(settings: Settings, shown: str) -> list[Difference]:
    """From `pjsip show endpoints`."""
    there = set(re.findall(r"^\s*Endpoint:\s+([^\s/<]+)", shown, flags=re.MULTILINE))
    return [Difference(f"agents.{name}", "there", "not there") for name in settings.agents if name not in there]


def global_differences(settings: Settings, shown: str) -> list[Difference]:
    """From `dialplan show globals`."""
    found = dict(re.findall(r"^\s*(PASOKH_\w+(?:-\w+)*)=(.*?)\s*$", shown, flags=re.MULTILINE))
    wanted = {"default_queue": ("PASOKH_DEFAULT_QUEUE", settings.default_queue)}
    for name, queue in settings.queues.items():
        wanted[f"queues.{name}.record"] = f"PASOKH_RECORD_{name}", "1" if queue.record else "0"
        wanted[f"queues.{name}.max_wait_seconds"] = f"PASOKH_MAX_WAIT_{name}", str(queue.stay_seconds)
        wanted[f"queues.{name}.max_penalty"] = f"PASOKH_FIRST_PENALTY_{name}", str(queue.first_penalty)
        first = settings.recordings.first_queues
        wanted[f"recordings.first_queues ({name})"] = (
            f"PASOKH_RECORD_FIRST_{name}", "1" if first is None or name in first else "0")
        for language in queue.announce_recording if queue.record else ():
            wanted[f"queues.{name}.announce_recording"] = f"PASOKH_NOTICE_{name}_{language}", "1"
        if queue.survey is not None:  # an empty variable is not shown
            wanted[f"queues.{name}.survey"] = f"PASOKH_SURVEY_{name}", queue.survey
    return [
        Difference(key, value, found.get(variable, "nothing")) for key, (variable, value) in wanted.items()
        if found.get(variable) != value
    ]
