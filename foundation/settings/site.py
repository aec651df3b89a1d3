"""All settings of a site, read and checked together."""

import os
from collections.abc import Iterator
from typing import Annotated

import yaml
from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariableError

from foundation.paths import Home
from foundation.settings.line import Capacity, Database, Disk, Ports, Sip, Site, Speech, Wallboard, WebPages, WebService
from foundation.settings.listening import Listening
from foundation.settings.outbound import Outbound
from foundation.settings.recordings import Recordings
from foundation.settings.refusal import ENVIRONMENT_PREFIX, explain
from foundation.settings.retention import Retention
from foundation.settings.service import (
    RESCUE_BOX,
    Agent,
    Box,
    Extensions,
    FollowUps,
    Holidays,
    Identity,
    Prompts,
    Queue,
    default_boxes,
)
from foundation.settings.smtp import Smtp
from foundation.settings.supervision import Supervision
from foundation.settings.transcripts import Transcripts
from foundation.settings.values import Name
from foundation.yaml_text import load_yaml

NOT_SETTINGS = {"PASOKH_HOME", "PASOKH_TOOLS"}
TEST_PREFIX = "PASOKH_TEST_"


class SettingsError(Exception):
    """The site's settings cannot be used; the text names each key, its value and the reason."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True,
    )

    site: Site = Site()
    ports: Ports = Ports()
    sip: Sip = Sip()
    queues: dict[Name, Queue] = {}
    default_queue: Name = "operator"
    """Where `0`, and every call that our services cannot handle, goes."""
    shared_numbers: list[Annotated[str, Field(pattern=r"^\+?[0-9]{3,20}$")]] = []
    """Callers' numbers behind which many people stand: in reports each of their calls is a contact of its own."""
    pause_reasons: list[Name] = ["break", "lunch", "prayer", "meeting", "training", "other"]
    agents: dict[Name, Agent] = {}
    boxes: dict[Name, Box] = Field(default_factory=default_boxes)
    prompts: Prompts = Prompts()
    extensions: Extensions = Extensions()
    holidays: Holidays = Holidays()
    capacity: Capacity = Capacity()
    back_office: WebService = WebService()
    """The site's own (docs/back-office.openapi.yaml); without a url the embedded one runs."""
    sms: WebService = WebService()
    """The gateway for SMS; without a url none are sent."""
    email: WebService = WebService()
    """The gateway for e-mail; without a url none are sent."""
    smtp: Smtp = Smtp()
    """The mail server that sends reports."""
    followups: FollowUps = FollowUps()
    identity: Identity = Identity()
    outbound: Outbound = Outbound()
    """Calls that we make: callbacks, and those that other rooms owe."""
    supervision: Supervision = Supervision()
    listening: Listening = Listening()
    speech: Speech = Speech()
    transcripts: Transcripts = Transcripts()
    web: WebPages = WebPages()
    wallboard: Wallboard = Wallboard()
    database: Database = Database()
    disk: Disk = Disk()
    recordings: Recordings = Recordings()
    retention: Retention = Retention()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)

    def calls_back(self, queue: str) -> bool:
        """Whether callers of this queue may be promised a call: it is wished for, and calls can go out."""
        found = self.queues.get(queue)
        return found is not None and found.callback and self.sip.trunk.proxy is not None

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        if self.default_queue not in self.queues:
            raise ValueError(f"default_queue: there is no queue {self.default_queue!r} under queues")
        for name in self.queues:
            self._check_overflow(name)
        named = [(f"agents.{name}.queues", queue) for name, agent in self.agents.items() for queue in agent.queues]
        named += [(f"followups.queues.{subject}", queue) for subject, queue in self.followups.queues.items()]
        named += [(f"listening.queues.{user}", queue) for user, own in self.listening.queues.items() for queue in own]
        for key, queue in named:
            if queue not in self.queues:
                raise ValueError(f"{key}: there is no queue {queue!r} under queues")
        self.retention.check_queues(self.queues)
        for name in self.recordings.first_queues or ():
            if name not in self.queues:
                raise ValueError(f"recordings.first_queues: there is no queue {name!r} under queues")
        if RESCUE_BOX in self.boxes:
            raise ValueError(f"boxes: {RESCUE_BOX!r} is Pasokh's own box; choose another name")
        if len(set(self.extensions.model_dump().values())) < len(type(self.extensions).model_fields):
            raise ValueError("extensions: prompts, emergency, results and recordings need a number each")
        if "wrap-up" in self.pause_reasons:
            raise ValueError("pause_reasons: 'wrap-up' is Pasokh's own reason; take it out")
        return self

    def _check_overflow(self, first: str) -> None:
        passed, overflow = [first], self.queues[first].overflow
        while overflow:
            if overflow.queue not in self.queues:
                key = f"queues.{passed[-1]}.overflow.queue"
                raise ValueError(f"{key}: there is no queue {overflow.queue!r} under queues")
            if overflow.queue in passed:
                raise ValueError(f"queues.{first}.overflow: leads in a circle: {' → '.join([*passed, overflow.queue])}")
            passed.append(overflow.queue)
            overflow = self.queues[overflow.queue].overflow


def load_settings(home: Home) -> Settings:
    """Read the site's file and the environment.

    Raises:
        SettingsError: the file is missing or not YAML, or a key, value or variable is wrong.
    """
    try:
        content = load_yaml(home.settings_file.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise SettingsError(f"{home.settings_file}: no settings here yet; `bin/pasokh up` writes them") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"{home.settings_file}: not YAML: {error}") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{home.settings_file}: the file must be a mapping of sections")
    unknown = sorted(_unknown_variables())
    if unknown:
        raise SettingsError("\n".join(f"environment variable {name}: names no setting" for name in unknown))
    try:
        return Settings(**content)
    except UnreadableVariableError as error:
        written = "lists and mappings are written as JSON: '[\"10.0.0.0/8\"]'"
        raise SettingsError(f"environment variable of {ENVIRONMENT_PREFIX}...: {error}; {written}") from error
    except ValidationError as error:
        raise SettingsError("\n".join(explain(home.settings_file, error, Settings))) from error


def _unknown_variables() -> Iterator[str]:
    sections = {name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(ENVIRONMENT_PREFIX) and not name.startswith(TEST_PREFIX) and name not in NOT_SETTINGS:
            section = name.removeprefix(ENVIRONMENT_PREFIX).split("__")[0]
            if section not in sections:
                yield name
