"""Which conversations are drawn for evaluation, and why. Pure.

A draw is decided by its seed alone: each rule takes its calls in the order of SHA-256(seed, rule, recording), so the
same seed over the same calls draws the same ones again, and nobody can wish for a call.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from foundation.data_file import read_source

SHIPPED: Final = Path(__file__).parent / "sampling.yaml"
WEEK_MS: Final = 7 * 86_400_000
Most = Annotated[int, Field(ge=1, le=1000)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Random(_Part):
    per_agent_and_week: Most


class LongHold(_Part):
    seconds: Annotated[int, Field(ge=1, le=86_400)]
    most: Most


class LowSatisfaction(_Part):
    most: Most


class RepeatCaller(_Part):
    calls: Annotated[int, Field(ge=2, le=1000)]
    days: Annotated[int, Field(ge=1, le=90)]
    most: Most


class LongSilence(_Part):
    seconds: Annotated[int, Field(ge=1, le=86_400)]
    most: Most


class SamplingRules(_Part):
    """A rule that is None draws nothing; `most` is for one draw."""

    shortest_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    random: Random | None = None
    long_hold: LongHold | None = None
    low_satisfaction: LowSatisfaction | None = None
    repeat_caller: RepeatCaller | None = None
    long_silence: LongSilence | None = None


class Rule(StrEnum):
    RANDOM = "random"
    LONG_HOLD = "long_hold"
    LOW_SATISFACTION = "low_satisfaction"
    REPEAT_CALLER = "repeat_caller"
    LONG_SILENCE = "long_silence"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recorded conversation, with what the rules look at."""

    recording_id: str
    agent: str
    queue: str | None
    started_ms: int
    duration_ms: int
    hold_ms: int = 0
    longest_silence_ms: int = 0
    low_answers: int = 0
    """Answers of its caller to a survey that the survey does not call good."""
    caller_calls: int = 1
    """Calls of its caller within the rule's days up to this one, itself included."""


@dataclass(frozen=True, slots=True)
class Reason:
    rule: Rule
    value: int
    """What made it: seconds of hold or silence, low answers, calls; of the random rule the place in the order."""


@dataclass(frozen=True, slots=True)
class Pick:
    candidate: Candidate
    reasons: tuple[Reason, ...]


def load_sampling(site: Path | None = None) -> SamplingRules:
    """The site's rules; ours where it has no file.

    Raises:
        DataFileError: with every fault.
    """
    path = site if site is not None and site.exists() else SHIPPED
    return read_source(path, SamplingRules).file


def draw(candidates: Iterable[Candidate], rules: SamplingRules, seed: str, since_ms: int = 0) -> Sequence[Pick]:
    """The drawn conversations, each once with all its reasons, the oldest first; weeks are counted from `since_ms`."""
    wanted = [one for one in candidates if one.duration_ms >= rules.shortest_seconds * 1000]
    reasons: dict[Candidate, list[Reason]] = defaultdict(list)
    for candidate, reason in _picks(wanted, rules, seed, since_ms):
        reasons[candidate].append(reason)
    picks = [Pick(candidate, tuple(found)) for candidate, found in reasons.items()]
    return sorted(picks, key=lambda pick: (pick.candidate.started_ms, pick.candidate.recording_id))


def _picks(
    wanted: Sequence[Candidate], rules: SamplingRules, seed: str, since_ms: int,
) -> Iterator[tuple[Candidate, Reason]]:
    if rules.random:
        yield from _random(wanted, rules.random.per_agent_and_week, seed, since_ms)
    for rule, most, value, least in _thresholds(rules):
        found = [one for one in wanted if value(one) >= least]
        for one in _ordered(found, rule, seed)[:most]:
            yield one, Reason(rule, value(one))


def _random(
    wanted: Sequence[Candidate], most: int, seed: str, since_ms: int,
) -> Iterator[tuple[Candidate, Reason]]:
    groups: dict[tuple[str, int], list[Candidate]] = defaultdict(list)
    for one in wanted:
        groups[one.agent, (one.started_ms - since_ms) // WEEK_MS].append(one)
    for group in groups.values():
        for place, one in enumerate(_ordered(group, Rule.RANDOM, seed)[:most], 1):
            yield one, Reason(Rule.RANDOM, place)


def _thresholds(rules: SamplingRules) -> Iterator[tuple[Rule, int, Callable[[Candidate], int], int]]:
    """Rule, how many at most, what it looks at, and from where on."""
    if rules.long_hold:
        yield Rule.LONG_HOLD, rules.long_hold.most, lambda one: one.hold_ms // 1000, rules.long_hold.seconds
    if rules.low_satisfaction:
        yield Rule.LOW_SATISFACTION, rules.low_satisfaction.most, lambda one: one.low_answers, 1
    if rules.repeat_caller:
        yield Rule.REPEAT_CALLER, rules.repeat_caller.most, lambda one: one.caller_calls, rules.repeat_caller.calls
    if rules.long_silence:
        silence: Callable[[Candidate], int] = lambda one: one.longest_silence_ms // 1000  # noqa: E731
        yield Rule.LONG_SILENCE, rules.long_silence.most, silence, rules.long_silence.seconds


def _ordered(candidates: Iterable[Candidate], rule: Rule, seed: str) -> list[Candidate]:
    return sorted(candidates, key=lambda one: _lot(seed, rule, one.recording_id))


def _lot(seed: str, rule: Rule, recording_id: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{rule.value}\n{recording_id}".encode()).digest()


def rules_content(rules: SamplingRules) -> Mapping[str, object]:
    """As a draw remembers them."""
    return rules.model_dump(mode="json", exclude_none=True)
