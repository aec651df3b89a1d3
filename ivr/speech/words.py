"""Tables of words, from which a language makes the texts of its prompts."""

from collections.abc import Mapping


def table(words: str, first: int = 0, step: int = 1) -> dict[int, str]:
    """Words in their order, by number: `table("twenty thirty", 20, 10)` is `{20: "twenty", 30: "thirty"}`."""
    return {first + step * index: word for index, word in enumerate(words.split())}


def calendar_names(jalali: str, gregorian: str, weekdays: str, before: str = "") -> dict[str, str]:
    """Prompts of the months of both calendars, each with `before` in front of it, and of the days from Monday on."""
    months = {f"month-jalali-{month}": f"{before}{name}" for month, name in table(jalali, 1).items()}
    months |= {f"month-gregorian-{month}": f"{before}{name}" for month, name in table(gregorian, 1).items()}
    return months | {f"weekday-{day}": name for day, name in table(weekdays, 1).items()}


def numbered(kind: str, texts: Mapping[int, str], ending: str = "", after: str = "") -> dict[str, str]:
    """Prompts `kind-NUMBER` with an `ending` to their names and something `after` their texts."""
    return {f"{kind}-{value}{ending}": f"{text}{after}" for value, text in texts.items()}
