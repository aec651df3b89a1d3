"""What single values of the settings look like."""

import ipaddress
import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from persiantools.jdatetime import JalaliDate
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_JALALI: Any = JalaliDate  # its signatures are not typed
Language = Literal["fa", "tr", "en"]
LANGUAGES: tuple[Language, ...] = ("fa", "tr", "en")


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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


def _host_port(value: str) -> str:
    """A host's name or address with an optional port; nothing that could end a line of Asterisk's configuration."""
    host = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]"
    found = re.fullmatch(rf"(?:{host})(?::([0-9]{{1,5}}))?", value)
    if not found or not 0 < int(found[1] or 1) < 65536:
        raise ValueError("write it like gateway.example, gateway.example:5060 or 192.0.2.1:5060")
    return value


def _database_url(value: str) -> str:
    if not re.match(r"(postgresql\+asyncpg|sqlite\+aiosqlite)://", value):
        raise ValueError("write it like postgresql+asyncpg://user:password@host/name")
    return value


def _day(value: object) -> object:
    """A day of the Jalali (years before 1700) or the Gregorian calendar."""
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", str(value))
    if not found:
        raise ValueError("write a day like 1405-09-01 or 2026-11-22, in quotes")
    year, month, day = map(int, found.groups())
    return _JALALI(year, month, day).to_gregorian() if year < 1700 else date(year, month, day)


Name = Annotated[str, AfterValidator(_name)]
Zone = Annotated[str, AfterValidator(_zone)]
Network = Annotated[str, AfterValidator(_network)]
Address = Annotated[str, AfterValidator(_address)]
HostPort = Annotated[str, AfterValidator(_host_port)]
Port = Annotated[int, Field(ge=1, le=65535)]
Day = Annotated[date, BeforeValidator(_day)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
