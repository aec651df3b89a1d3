"""Sections about the people: queues, agents, boxes, days off, and what callers may try."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from foundation.settings.values import Day, Language, Name, Section

HIGHEST_PENALTY = 100
RESCUE_BOX = "rescue"
"""Where the rescue script's messages lie."""


class Widening(Section):
    """From so many seconds of waiting on, agents up to this penalty are rung too."""

    after: Annotated[int, Field(ge=1, le=86400)]
    max_penalty: Annotated[int, Field(ge=0, le=100)]


class Overflow(Section):
    """Where callers go on, without a word, when they have waited so long or cannot wait here."""

    after_seconds: Annotated[int, Field(ge=1, le=86400)]
    queue: Name


class Limits(Section):
    """When the wallboard raises an alarm; null: never."""

    wait_seconds: Annotated[int, Field(ge=1, le=86400)] | None = 120
    """Somebody waits longer."""
    service_level: Annotated[int, Field(ge=1, le=100)] | None = 80
    """Today's service level is lower, in per cent."""


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
    announce_recording: list[Language] = []
    """Callers in these languages hear, before they wait, that the call is recorded; where it is."""
    survey: Name | None = None
    """Of followups/surveys.yaml: callers whose agent has hung up are asked it; null: the call is over then."""
    announce_position: bool = False
    announce_wait: bool = False
    """Asterisk's own estimate in minutes, which is rough: from the last waits of the queue."""
    announce_seconds: Annotated[int, Field(ge=15, le=600)] = 60
    """Between two announcements to one caller."""
    callback: bool = True
    """Whether who waits may press a key to be called back in his place, and menus may promise calls; where the trunk
    lets calls out (sip.trunk.proxy)."""
    callback_key: Annotated[str, BeforeValidator(str), Field(pattern=r"^[0-9]$")] = "5"
    callback_above_seconds: Annotated[int, Field(ge=0, le=86400)] = 120
    """The key is offered while the estimated wait is longer; it works at any time."""
    callback_offer_seconds: Annotated[int, Field(ge=15, le=600)] = 60
    """Between two offers to one caller."""
    service_threshold: Annotated[int, Field(ge=1)] = 20
    short_abandon: Annotated[int, Field(ge=0)] = 5
    contact_window_hours: Annotated[int, Field(ge=1)] = 24
    alarm: Limits = Limits()

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
    subject: Name | None = None
    """Each message becomes a case of this subject at once (docs/follow-ups.md)."""


def default_boxes() -> dict[str, Box]:
    return {
        "general": Box(title={"fa": "عمومی", "tr": "Genel", "en": "General"}),
        "director": Box(title={"fa": "مدیر", "tr": "Müdür", "en": "Director"}),
    }


class Prompts(Section):
    piper_voice: dict[Language, Path] = {}
    """A voice of Piper (an .onnx file, its .onnx.json beside it) that speaks this language instead of espeak-ng."""


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


Weekday = Literal["saturday", "sunday", "monday", "tuesday", "wednesday", "thursday", "friday"]


class Week(Section):
    """How the offices' week looks from a day on."""

    since: Day | None = None
    """null: always."""
    half_days: list[Weekday] = ["thursday"]
    """With fewer hours; they are working days."""
    days_off: list[Weekday] = ["friday"]

    @model_validator(mode="after")
    def _days(self) -> "Week":
        if both := set(self.half_days) & set(self.days_off):
            raise ValueError(f"{', '.join(sorted(both))} stands under half_days and under days_off")
        if len(set(self.days_off)) == 7:
            raise ValueError("days_off: a week without a working day")
        return self


class Notify(Section):
    """Who hears of a unit's cases that fall due or come up to it; by the gateways that the site has."""

    sms: list[Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$")]] = []
    email: list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]] = []


class FollowUps(Section):
    """What becomes of cases whose deadline comes near."""

    warn_days: Annotated[int, Field(ge=1, le=20)] = 1
    """Working days before the last one."""
    escalate_days: Annotated[int, Field(ge=1, le=20)] = 1
    """Working days from one tier to the next, once the deadline has passed."""
    notify: dict[Name, Notify] = {}
    """By unit."""
    result_proof: Literal["digits", "pin"] = "digits"
    """How one whom we call proves that he is who may hear his result: the last digits of his national ID, or his PIN
    at the back office. Whose national ID we do not know types the tracking code."""
    result_survey: Name | None = "after-result"
    """Of followups/surveys.yaml: asked of who has heard his result; null: nothing."""
    queues: dict[Name, Name] = {}
    """Subject to the queue whose agents speak about it and what is below it; else the queue of the subject's own name,
    or the default queue."""


class Holidays(Section):
    country: Literal["IR"] | None = "IR"
    """Whose public holidays the menus' opening hours and the follow-ups' deadlines keep; null: none."""
    closures: list[Closure] = []
    working: list[Day] = []
    """Days that are public holidays by estimate, and are not."""
    weeks: list[Week] = [Week()]
    """For deadlines: the last one whose `since` has come holds."""
    announced_until: Day | None = None
    """Up to this day the dates of lunar holidays are no estimates any more."""

    @model_validator(mode="after")
    def _weeks_in_order(self) -> "Holidays":
        if not self.weeks or self.weeks[0].since is not None:
            raise ValueError("weeks: the first one holds always: leave its `since` out")
        for before, after in pairwise(self.weeks):
            if after.since is None or (before.since is not None and after.since <= before.since):
                raise ValueError("weeks: every further one needs a `since`, each later than the one before")
        return self


class Extensions(Section):
    """What an agent's telephone dials for the site's own affairs; each asks for the PIN."""

    prompts: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")] = "8001"
    emergency: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")] = "8002"
    results: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")] = "8003"
    """A specialist says the result of a case."""
    recordings: Annotated[str, Field(pattern=r"^[0-9]{2,8}$")] = "8004"
    """Hear voice messages, and one's own last conversation where listening.agents_own_calls allows it."""


class Identity(Section):
    """How often a caller may fail to prove who he is."""

    tries: Annotated[int, Field(ge=1, le=20)] = 3
    """Wrong PINs for one national ID in a row; then it is locked."""
    lock_minutes: Annotated[int, Field(ge=1, le=10080)] = 30
    caller_tries: Annotated[int, Field(ge=1, le=1000)] = 10
    """Wrong tries from one telephone number, for whatever national IDs, within `lock_minutes`."""
