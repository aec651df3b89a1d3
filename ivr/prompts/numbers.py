"""A number for each prompt, by which it is chosen at a telephone. A number once given stays."""

import fcntl
from collections.abc import Iterable
from pathlib import Path

import yaml

from foundation.paths import Home
from foundation.yaml_text import load_yaml

FIRST = 101


def numbers_file(home: Home) -> Path:
    return home.root / "recorded-prompts" / "numbers.yaml"


def prompt_numbers(home: Home, names: Iterable[str]) -> dict[str, int]:
    """Each name with its number; new names get the next ones, in their order by the alphabet."""
    path = numbers_file(home)
    wanted = sorted(set(names))
    known = _read(path)
    if all(name in known for name in wanted):
        return {name: known[name] for name in wanted}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = _read(path)
        following = max(known.values(), default=FIRST - 1) + 1
        for number, name in enumerate((name for name in wanted if name not in known), start=following):
            known[name] = number
        half = path.with_suffix(".half")
        half.write_text(yaml.safe_dump(known, sort_keys=False), encoding="utf-8")
        half.replace(path)
    return {name: known[name] for name in wanted}


def _read(path: Path) -> dict[str, int]:
    try:
        content = load_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(content, dict):
        return {}
    return {name: number for name, number in content.items() if isinstance(name, str) and isinstance(number, int)}
