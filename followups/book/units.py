"""The units that work on cases, as `units.yaml` and the site's own file have them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from followups.cases.case import Tier
from followups.deadlines.opening_hours import OpeningHours
from foundation.data_file import DataFileError, Fault, Source, read_source
from foundation.provinces import Province, all_provinces
from foundation.settings import LANGUAGES, Language
from foundation.settings.values import Name

SHIPPED = Path(__file__).parent / "units.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Unit(_Part):
    tier: Tier
    hours: Name
    title: dict[Language, str]


class UnitsFile(_Part):
    hours: dict[Name, OpeningHours] = {}
    units: dict[Name, _Unit] = {}
    offices: dict[Name, _Unit] = {}


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    tier: Tier
    titles: Mapping[Language, str]
    hours: OpeningHours
    province: str | None = None
    """Of a provincial office."""
    kind: str | None = None
    """Of a provincial office: `general`, `treatment`."""


@dataclass(frozen=True, slots=True)
class Units:
    by_id: Mapping[str, Unit]
    kinds: frozenset[str]
    """Of provincial offices."""

    def of_tier(self, tier: Tier) -> list[Unit]:
        return [unit for unit in self.by_id.values() if unit.tier is tier]

    def office(self, kind: str, province: str | None) -> Unit | None:
        """The province's office of this kind; None where the province is not known."""
        return self.by_id.get(office_id(kind, province)) if province else None


def office_id(kind: str, province: str) -> str:
    return f"{kind}-{province}"


def load_units(site: Path | None = None) -> Units:
    """The shipped units, those replaced that the site's file names again, and the site's others.

    Raises:
        DataFileError: with every fault.
    """
    files = [SHIPPED, *([site] if site is not None and site.exists() else [])]
    sources = [read_source(path, UnitsFile) for path in files]
    hours = {name: hours for source in sources for name, hours in source.file.hours.items()}
    faults = [fault for source in sources for fault in _faults(source, hours)]
    if faults:
        raise DataFileError(faults)
    return _units(sources, hours, all_provinces())


def _units(
    sources: Sequence[Source[UnitsFile]], hours: Mapping[str, OpeningHours], provinces: Mapping[str, Province],
) -> Units:
    offices = {kind: office for source in sources for kind, office in source.file.offices.items()}
    found = {unit.id: unit for kind, office in offices.items() for unit in _spread(kind, office, hours, provinces)}
    for source in sources:
        for name, unit in source.file.units.items():
            before = found.get(name)
            place = (before.province, before.kind) if before else (None, None)
            found[name] = Unit(name, unit.tier, unit.title, hours[unit.hours], *place)
    return Units(found, frozenset(offices))


def _spread(
    kind: str, office: _Unit, hours: Mapping[str, OpeningHours], provinces: Mapping[str, Province],
) -> Iterator[Unit]:
    for province in provinces.values():
        titles = {language: title.replace("{province}", province.titles[language])
                  for language, title in office.title.items()}
        yield Unit(office_id(kind, province.id), office.tier, titles, hours[office.hours], province.id, kind)


def _faults(source: Source[UnitsFile], hours: Mapping[str, OpeningHours]) -> Iterator[Fault]:
    for section, units in (("units", source.file.units), ("offices", source.file.offices)):
        for name, unit in units.items():
            place = (section, name)
            if unit.hours not in hours:
                reason = f"there are no such hours; there are {', '.join(hours)}"
                yield source.fault((*place, "hours"), reason, unit.hours)
            if missing := [language for language in LANGUAGES if not unit.title.get(language, "").strip()]:
                yield source.fault((*place, "title"), f"has no text in {', '.join(missing)}")
            if section == "offices" and unit.tier is not Tier.PROVINCE:
                reason = "an office of each province has the tier province"
                yield source.fault((*place, "tier"), reason, unit.tier.value)
