"""The site's scorecards and sampling rules as its files have them now."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from foundation.data_file import DataFileError
from foundation.paths import Home
from quality.refusals import ScorecardsWrongError, UnknownScorecardError
from quality.sampling import SamplingRules, load_sampling
from quality.scorecards import Scorecard, load_scorecards

FOLDER: Final = "quality"
"""Under the home: the site's own scorecards.yaml and sampling.yaml."""
Read = TypeVar("Read")


def site_scorecards(home: Home) -> Mapping[str, Scorecard]:
    """
    Raises:
        ScorecardsWrongError: the site's file cannot be used; its cause says why.
    """  # noqa: D212
    return _current(home.root / FOLDER / "scorecards.yaml", _cards)


def site_scorecard(home: Home, name: str) -> Scorecard:
    """Raises ScorecardsWrongError, UnknownScorecardError."""
    found = site_scorecards(home).get(name)
    if found is None:
        raise UnknownScorecardError(scorecard=name[:40])
    return found


def site_sampling(home: Home) -> SamplingRules:
    """Raises ScorecardsWrongError."""
    return _current(home.root / FOLDER / "sampling.yaml", _rules)


def _current(path: Path, read: Callable[[Path, tuple[int, int]], Read]) -> Read:
    try:
        status = path.stat()
        state = status.st_mtime_ns, status.st_size
    except FileNotFoundError:
        state = 0, 0
    try:
        return read(path, state)
    except DataFileError as error:
        raise ScorecardsWrongError(file=path.name) from error


@lru_cache(maxsize=8)
def _cards(path: Path, _state: tuple[int, int]) -> Mapping[str, Scorecard]:
    return load_scorecards(path)


@lru_cache(maxsize=8)
def _rules(path: Path, _state: tuple[int, int]) -> SamplingRules:
    return load_sampling(path)
