"""The provinces: their names, and which one a caller's number is from, by its area code."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from foundation.settings import Language
from foundation.yaml_text import load_yaml

FILE = Path(__file__).parent / "provinces.yaml"
UNKNOWN = "unknown"
NATIONAL = re.compile(r"(?:\+98|0098|98|0)(\d{10})")


@dataclass(frozen=True, slots=True)
class Province:
    id: str
    """Like `west-azerbaijan`."""
    area_code: str
    """Without its 0, like `44`."""
    titles: Mapping[Language, str]


def all_provinces(path: Path = FILE) -> Mapping[str, Province]:
    """Every province by its id, in the file's order."""
    content = load_yaml(path.read_text(encoding="utf-8"))
    return {name: Province(name, it["code"].removeprefix("0"), it["name"]) for name, it in content.items()}


def load_provinces(path: Path = FILE) -> Mapping[str, str]:
    """Area code without its 0 (like `21`) to province."""
    return {province.area_code: province.id for province in all_provinces(path).values()}


def province_of(number: str, provinces: Mapping[str, str]) -> str | None:
    """The province of an Iranian fixed number, written nationally or internationally; None of any other."""
    return provinces.get(area_code(number, provinces))


def area_code(number: str | None, provinces: Collection[str]) -> str:
    """That of an Iranian fixed number, without its 0; nothing of any other, and of none."""
    found = NATIONAL.fullmatch(number) if number else None
    code = found[1][:2] if found else ""
    return code if code in provinces else ""
