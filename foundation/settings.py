"""A site's settings: one commented YAML file, then environment variables (`PASOKH_PORTS__SIP=5080`).

A wrong setting is refused with its key, its value and the reason; nothing starts on half-read settings.
"""

import ipaddress
import os
import re
import secrets as random_secrets
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from persiantools.jdatetime import JalaliDate
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as UnreadableVariableError

from foundation.paths import Home
from foundation.settings_refusal import ENVIRONMENT_PREFIX, explain

_JALALI: Any = JalaliDate  # its signatures are not typed
NOT_SETTINGS = {"PASOKH_HOME", "PASOKH_TOOLS"}
TEST_PREFIX = "PASOKH_TEST_"
Language = Literal["fa", "tr", "en"]
LANGUAGES: tuple[Language, ...] = ("fa", "tr", "en")
RESCUE_BOX = "rescue"
"""Where the rescue script's messages lie."""
PIN_DIGITS = 6
HIGHEST_PENALTY = 100
METRICS_PORTS = 3
"""ivr, callqueue, recordings: ports.metrics and the next ones."""


class SettingsError(Exception):
    """The site's settings cannot be used; the text names each key, its value and the reason."""


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,38}", value):
        raise ValueError("use lower-case Latin letters, digits and '-', beginning with a letter, 39 at most")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no such time zone; write it like Asia/Tehran") from error
    return value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value, strict=False))


def _address(value: str) -> str:
    return str(ipaddress.ip_address(value))


def _database_url(value: str) -> str:
    if not re.match(r"(postgresql\+asyncpg|sqlite\+aiosqlite)://", value):
        raise ValueError("write it like postgresql+asyncpg://user:password@host/name")
    return value


Name = Annotated[str, AfterValidator(_name)]
Zone = Annotated[str, AfterValidator(_zone)]
Network = Annotated[str, AfterValidator(_network)]
Address = Annotated[str, AfterValidator(_address)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Site(Section):
    name: Name = "pasokh"
    """Asterisk's systemname: it prefixes every call's id, so ids stay unique across nodes."""
    number: Annotated[str, Field(pattern=r"^[0-9]{2,15}$")] = "1420"
    timezone: Zone = "Asia/Tehran"
    language: Language = "fa"


class Ports(Section):
    """`offset` moves all of them together, for a second site on the same machine."""

    offset: Annotated[int, Field(ge=0, le=40000)] = 0
    sip: Port = 5060
    rtp_first: Port = 10000
    rtp_last: Port = 12999
    ami: Port = 5038
    asterisk_http: Port = 8088
    agi: Port = 4573
    mqtt: Port = 1884
    back_office: Port = 9450
    """Of the embedded back office."""
    speech: Port = 9451
    """Of the recogniser of spoken words."""
    metrics: Port = 9420
    """Each service adds its own number to it (see foundation/service.py)."""

    @model_validator(mode="after")
    def _range(self) -> "Ports":
        if self.rtp_last - self.rtp_first < 100:
            raise ValueError("rtp_last must be at least 100 above rtp_first: two ports a call")
        highest = max(
            self.sip, self.rtp_last, self.ami, self.asterisk_http, self.agi, self.mqtt, self.metrics, self.back_office,
            self.speech,
        )
        if highest + self.offset > 65535:
            raise ValueError(f"offset {self.offset} moves port {highest} beyond 65535")
        return self

    @model_validator(mode="after")
    def _apart(self) -> "Ports":
        own: dict[int, str] = {}
        for name in ("sip", "ami", "asterisk_http", "agi", "mqtt", "back_office", "speech", "metrics"):
            for number in range(METRICS_PORTS if name == "metrics" else 1):
                port = getattr(self, name) + number
                if port in own:
                    raise ValueError(f"{name} and {own[port]} both take {port}; give each a port of its own")
                own[port] = name
        if self.rtp_first <= self.sip <= self.rtp_last:
            raise ValueError(f"sip {self.sip} lies in the range for sound, {self.rtp_first} to {self.rtp_last}")
        return self

    def of(self, name: str) -> int:
        """The port to use, with the offset added."""
        return int(getattr(self, name)) + self.offset


class Trunk(Section):
    networks: list[Network] = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
    """Where the public's calls come from: the carrier's gateways."""
    codecs: list[Literal["alaw", "ulaw"]] = ["alaw", "ulaw"]


class Sip(Section):
    address: Address = "0.0.0.0"  # noqa: S104 - telephones come from the network
    media_address: Address | None = None
    """Put into SDP instead of the address that Asterisk would choose."""
    trunk: Trunk = Trunk()


class Widening(Section):
    """From so many seconds of waiting on, agents up to this penalty are rung too."""

    after: Annotated[int, Field(ge=1, le=86400)]
    max_penalty: Annotated[int, Field(ge=0, le=100)]


class Overflow(Section):
    """Where callers go on, without a word, when they have waited so long or cannot wait here."""

    after_seconds: Annotated[int, Field(ge=1, le=86400)]
    queue: Name


class Queue(Section):
    title: dict[Language, str] = {}
    strategy: Literal["ringall", "leastrecent", "fewestcalls", "random", "rrmemory", "linear", "wrandom"] = "rrmemory"
    ring_seconds: Annotated[int, Field(ge=3, le=120)] = 15
    retry_seconds: Annotated[int, Field(ge=1, le=60)] = 1
    wrap_up_seconds: Annotated[int, Field(ge=0, le=3600)] = 10
    max_wait_seconds: Annotated[int, Field(ge=1, le=86400)] = 900
    max_length: Annotated[int, Field(ge=0)] = 0
    """Callers that may wait at once; 0 is without limit."""
    join_when_empty: bool = True
    """Whether a caller may wait while no agent is logged in and ready to be rung."""
    leave_when_empty: bool = False
    """Whether those who wait leave the queue when its last agent has gone or paused."""
    weight: Annotated[int, Field(ge=0, le=1000)] = 0
    """Of two queues with a free agent in common, the one with more weight gets him."""
    max_penalty: Annotated[int, Field(ge=0, le=100)] | None = None
    """Agents with more are not rung at first; null: all are, the lowest penalty first."""
    widen: list[Widening] = []
    """Steps by which `max_penalty` (0 where none is given) grows with the waiting."""
    overflow: Overflow | None = None
    music: Name = "default"
    record: bool = True
    announce_position: bool = False
    announce_wait: bool = False
    """Asterisk's own estimate in minutes, which is rough: from the last waits of the queue."""
    announce_seconds: Annotated[int, Field(ge=15, le=600)] = 60
    """Between two announcements to one caller."""
    service_threshold: Annotated[int, Field(ge=1)] = 20
    short_abandon: Annotated[int, Field(ge=0)] = 5
    contact_window_hours: Annotated[int, Field(ge=1)] = 24

    @property
    def first_penalty(self) -> int:
        """The highest penalty that is rung at first."""
        if self.max_penalty is not None:
            return self.max_penalty
        return 0 if self.widen else HIGHEST_PENALTY

    @property
    def stay_seconds(self) -> int:
        """How long a caller waits in this queue at most."""
        return self.overflow.after_seconds if self.overflow else self.max_wait_seconds

    @model_validator(mode="after")
    def _steps_in_order(self) -> "Queue":
        before = (0, self.first_penalty)
        for step in self.widen:
            if step.after <= before[0] or step.max_penalty <= before[1]:
                raise ValueError(
                    f"widen: after {step.after}: `after` and `max_penalty` must both grow from step to step, and"
                    f" max_penalty from the first one ({self.first_penalty}) on",
                )
            before = (step.after, step.max_penalty)
        return self


class Agent(Section):
    name: str = ""
    device: Literal["sip", "webrtc"] = "sip"
    """A SIP telephone, or the phone in the browser."""
    queues: dict[Name, Annotated[int, Field(ge=0, le=100)]]
    """Queue to penalty; 0 is called first."""


class Box(Section):
    """Where voice messages on one subject lie."""

    title: dict[Language, str] = {}
    say: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,48}$")], ...] = ()
    """Prompts before a caller is asked to speak."""
    longest_seconds: Annotated[int, Field(ge=5, le=600)] = 180
    silence_seconds: Annotated[int, Field(ge=2, le=60)] = 6
    """So long a silence ends the message."""


def _boxes() -> dict[str, Box]:
    return {
        "general": Box(title={"fa": "عمومی", "tr": "Genel", "en": "General"}),
        "director": Box(title={"fa": "مدیر", "tr": "Müdür", "en": "Director"}),
    }


class Prompts(Section):
    piper_voice: dict[Language, Path] = {}
    """A voice of Piper (an .onnx file, its .onnx.json beside it) that speaks this language instead of espeak-ng."""


def _day(value: object) -> object:
    """A day of the Jalali (years before 1700) or the Gregorian calendar."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", str(value))
    if not found:
        raise ValueError("write a day like 1405-09-01 or 2026-11-22, in quotes")
    year, month, day = map(int, found.groups())
    return _JALALI(year, month, day).to_gregorian() if year < 1700 else date(year, month, day)


Day = Annotated[date, BeforeValidator(_day)]


class Closure(Section):
    """Days on which the site is closed, besides public holidays."""

    first: Day
    last: Day
    title: str = ""

    @model_validator(mode="after")
    def _in_order(self) -> "Closure":
        if self.last < self.first:
            raise ValueError("last is before first")
        return self


class Holidays(Section):
    country: Literal["IR"] | None = "IR"
    """Whose public holidays the menus' opening hours keep; null: none. Lunar ones are estimated."""
    closures: list[Closure] = []
    working: list[Day] = []
    """Days that are public holidays by estimate, and are not."""


class Capacity(Section):
    calls: Annotated[int, Field(ge=1, le=2000)] = 500
    """Calls of the public at once, in the menus, waiting and talking; one more hears that all lines are busy."""


class Extensions(Section):
    """What an agent's telephone dials for the site's own affairs; each asks for the PIN."""

    prompts: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")] = "8001"
    emergency: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")] = "8002"


class WebService(Section):
    """Another system that we ask over HTTP."""

    url: Annotated[str, Field(pattern=r"^https?://[^/\s]+.*[^/\s]$")] | None = None
    token: str | None = None
    """Sent as a bearer token."""

    @model_validator(mode="after")
    def _both(self) -> "WebService":
        if (self.url is None) != (self.token is None):
            raise ValueError("url and token are set together, or neither")
        return self


class Speech(Section):
    """Callers may say a menu's words; keys always work beside it."""

    models: dict[Language, Path] = {}
    """A folder with a small model of Vosk for each language that is understood."""
    url: Annotated[str, Field(pattern=r"^ws://[a-z0-9.:\[\]-]+(/[!-~]*)?$")] | None = None
    """A recogniser of the site's own that speaks Asterisk's speech_to_text (AEAP) for every language."""
    calls: Annotated[int, Field(ge=1, le=500)] = 10
    """How many callers are listened to at once; those beyond have keys only."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """Of the processor, at most, for recognising; calls and queues come first."""
    confidence: Annotated[int, Field(ge=0, le=100)] = 70
    """In per cent; less counts as nothing said."""


class Identity(Section):
    """How often a caller may fail to prove who he is."""

    tries: Annotated[int, Field(ge=1, le=20)] = 3
    """Wrong PINs for one national ID in a row; then it is locked."""
    lock_minutes: Annotated[int, Field(ge=1, le=10080)] = 30
    caller_tries: Annotated[int, Field(ge=1, le=1000)] = 10
    """Wrong tries from one telephone number, for whatever national IDs, within `lock_minutes`."""


class Database(Section):
    url: Annotated[str, AfterValidator(_database_url)] | None = None
    """`postgresql+asyncpg://user@host/name`; without it, SQLite files under the site's folder."""


class Disk(Section):
    reserve_megabytes: Annotated[int, Field(ge=0)] = 64
    """Kept aside and given back to the journal when the disk is full."""
    recordings_stop_below_megabytes: Annotated[int, Field(ge=0)] = 512


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
    boxes: dict[Name, Box] = Field(default_factory=_boxes)
    prompts: Prompts = Prompts()
    extensions: Extensions = Extensions()
    holidays: Holidays = Holidays()
    capacity: Capacity = Capacity()
    back_office: WebService = WebService()
    """The site's own (docs/back-office.openapi.yaml); without a url the embedded one runs."""
    sms: WebService = WebService()
    """The gateway for SMS; without a url none are sent."""
    identity: Identity = Identity()
    speech: Speech = Speech()
    database: Database = Database()
    disk: Disk = Disk()

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

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        if self.default_queue not in self.queues:
            raise ValueError(f"default_queue: there is no queue {self.default_queue!r} under queues")
        for name in self.queues:
            self._check_overflow(name)
        for agent_id, agent in self.agents.items():
            for queue in agent.queues:
                if queue not in self.queues:
                    raise ValueError(f"agents.{agent_id}.queues: there is no queue {queue!r} under queues")
        if RESCUE_BOX in self.boxes:
            raise ValueError(f"boxes: {RESCUE_BOX!r} is Pasokh's own box; choose another name")
        if self.extensions.prompts == self.extensions.emergency:
            raise ValueError("extensions: prompts and emergency need a number each")
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


class Secrets(Section):
    """Passwords made at the first start; the file is the owner's alone."""

    ami: str
    agents: dict[str, str]
    """Agent id to SIP password."""
    pin: str = ""
    """Guards what an agent's telephone may change: prompts and the emergency announcement. Empty: nothing."""
    tracking_key: str = ""
    """Keeps callers from guessing the tracking codes of others."""
    back_office: str = ""
    """Opens the embedded back office."""
    identity_key: str = ""
    """Key of the hashes under which wrong tries are counted."""


def load_settings(home: Home) -> Settings:
    """Read the site's file and the environment.

    Raises:
        SettingsError: the file is missing or not YAML, or a key, value or variable is wrong.
    """
    try:
        content = yaml.safe_load(home.settings_file.read_text(encoding="utf-8")) or {}
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


def load_secrets(home: Home, settings: Settings) -> Secrets:
    """Read the secrets, and add whatever the settings need that is not there yet."""
    path = home.secrets_file
    stored = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    agents: dict[str, str] = dict(stored.get("agents", {}))
    for agent_id in settings.agents:
        agents.setdefault(agent_id, random_secrets.token_urlsafe(12))
    found = Secrets(
        ami=stored.get("ami") or random_secrets.token_urlsafe(24),
        agents=agents,
        pin=stored.get("pin") or "".join(random_secrets.choice("0123456789") for _ in range(PIN_DIGITS)),
        tracking_key=stored.get("tracking_key") or random_secrets.token_urlsafe(24),
        back_office=stored.get("back_office") or random_secrets.token_urlsafe(24),
        identity_key=stored.get("identity_key") or random_secrets.token_urlsafe(24),
    )
    if found.model_dump() != stored:
        _write_privately(path, yaml.safe_dump(found.model_dump(), allow_unicode=True))
    return found


def _write_privately(path: Path, text: str) -> None:
    half = path.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    half.replace(path)


def _unknown_variables() -> Iterator[str]:
    sections = {name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(ENVIRONMENT_PREFIX) and not name.startswith(TEST_PREFIX) and name not in NOT_SETTINGS:
            section = name.removeprefix(ENVIRONMENT_PREFIX).split("__")[0]
            if section not in sections:
                yield name


__all__ = ["LANGUAGES", "Language", "Secrets", "Settings", "SettingsError", "load_secrets", "load_settings"]
