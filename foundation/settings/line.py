"""Sections about the line itself: where it listens, whom it lets in, what it stores on."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from foundation.settings.values import Address, DatabaseUrl, HostPort, Language, Name, Network, Port, Section, Zone

METRICS_PORTS = 5
"""ivr, callqueue, recordings, dialler, web: ports.metrics and the next ones."""

Spared = Literal["backoffice", "followups", "dialler", "web"]
"""Services without which a line still answers."""


class Site(Section):
    name: Name = "pasokh"
    """Asterisk's systemname: it prefixes every call's id, so ids stay unique across nodes."""
    number: Annotated[str, Field(pattern=r"^[0-9]{2,15}$")] = "1420"
    timezone: Zone = "Asia/Tehran"
    language: Language = "fa"
    without: list[Spared] = []
    """Services that this machine does not run: another one does, or the line needs none of what they do."""


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
    """Of the ivr; callqueue, recordings, dialler and web take the next four (METRICS_PORTS)."""
    web: Port = 8443
    """Of the web pages, https."""
    web_http: Port = 8080
    """Of the web pages for a proxy on this machine (web.behind_proxy)."""

    @model_validator(mode="after")
    def _range(self) -> "Ports":
        if self.rtp_last - self.rtp_first < 100:
            raise ValueError("rtp_last must be at least 100 above rtp_first: two ports a call")
        highest = max(
            self.sip, self.rtp_last, self.ami, self.asterisk_http, self.agi, self.mqtt, self.metrics, self.back_office,
            self.speech, self.web, self.web_http,
        )
        if highest + self.offset > 65535:
            raise ValueError(f"offset {self.offset} moves port {highest} beyond 65535")
        return self

    @model_validator(mode="after")
    def _apart(self) -> "Ports":
        own: dict[int, str] = {}
        singles = ("sip", "ami", "asterisk_http", "agi", "mqtt", "back_office", "speech", "web", "web_http")
        for name in (*singles, "metrics"):
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
    proxy: HostPort | None = None
    """Where calls to the public go out, like `gateway.example:5060`; null: none do."""
    caller_id: Annotated[str, Field(pattern=r"^\+?[0-9]{2,15}$")] | None = None
    """The number that the called person sees; null: `site.number`."""
    username: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+@-]{1,64}$")] | None = None
    """For a carrier that asks for a password at calls out; it stands in secrets.yaml as `trunk`."""


class Sip(Section):
    address: Address = "0.0.0.0"  # noqa: S104 - telephones come from the network
    media_address: Address | None = None
    """Put into SDP instead of the address that Asterisk would choose."""
    trunk: Trunk = Trunk()


class Capacity(Section):
    calls: Annotated[int, Field(ge=1, le=2000)] = 500
    """Calls of the public at once, in the menus, waiting and talking; one more hears that all lines are busy."""


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


class OpenId(Section):
    """A sign-in that the site's people have already, beside passwords."""

    issuer: Annotated[str, Field(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s]*[^/\s]$")]
    """The provider's address, as it names itself; its `/.well-known/openid-configuration` tells the rest."""
    client_id: str
    client_secret: str
    claim: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] = "preferred_username"
    """What of the provider's answer is the user's name here."""
    title: dict[Language, str] = {}
    """What the button says."""


class Wallboard(Section):
    day_begins: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "00:00"
    """When its day's figures begin anew, in the site's zone."""


class WebPages(Section):
    """The pages of agents, managers and administrators."""

    address: Address = "0.0.0.0"  # noqa: S104 - people come from the network, and sign in
    names: list[Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]] = []
    """Further host names of this machine, for the certificate that Pasokh makes."""
    certificate: Path | None = None
    """A certificate of the site's own (PEM, with the chain); without it Pasokh makes one."""
    key: Path | None = None
    behind_proxy: bool = False
    """Serve plain http on 127.0.0.1 (ports.web_http) to a proxy there instead of https to the network."""
    idle_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    """A session that was not used for so long ends."""
    session_hours: Annotated[int, Field(ge=1, le=168)] = 12
    """A session ends after so long, used or not."""
    shortest_password: Annotated[int, Field(ge=8, le=64)] = 10
    openid: OpenId | None = None

    @model_validator(mode="after")
    def _both(self) -> "WebPages":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are set together, or neither")
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


class Database(Section):
    url: DatabaseUrl | None = None
    """`postgresql+asyncpg://user@host/name`; without it, SQLite files under the site's folder."""


class Disk(Section):
    reserve_megabytes: Annotated[int, Field(ge=0)] = 64
    """Kept aside and given back to the journal when the disk is full."""
    recordings_stop_below_megabytes: Annotated[int, Field(ge=0)] = 512
    recordings_scarce_below_megabytes: Annotated[int, Field(ge=0)] = 2048
    """Below it only the calls of `recordings.first_queues` are recorded, where the site names some."""
