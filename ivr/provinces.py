"""The province of a caller, by the area code of his number."""

import re
from collections.abc import Mapping
from pathlib import Path

import yaml

FILE = Path(__file__).parent / "provinces.yaml"
UNKNOWN = "unknown"
NATIONAL = re.compile(r"(?:\+98|0098|98|0)(\d{10})")


def load_provinces(path: Path = FILE) -> Mapping[str, str]:
    """Area code without its 0 (like `21`) to province."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {values["code"].removeprefix("0"): name for name, values in content.items()}


def province_of(number: str, provinces: Mapping[str, str]) -> str | None:
    """The province of an Iranian fixed number, written nationally or internationally; None of any other."""
    found = NATIONAL.fullmatch(number)
    return provinces.get(found[1][:2]) if found else None
