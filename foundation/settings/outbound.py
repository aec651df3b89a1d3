"""Section about calls that we make: whom we may call, when, how often, and how many at once."""

from typing import Annotated

from pydantic import Field, model_validator

from foundation.settings.service import Weekday
from foundation.settings.values import Section

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Prefix = Annotated[str, Field(pattern=r"^0[0-9]{0,15}$")]
NumberOrPrefix = Annotated[str, Field(pattern=r"^[0-9]{3,15}$")]


class Hours(Section):
    """A part of every day, in the site's zone."""

    first: Clock = "09:00"
    last: Clock = "20:00"

    @model_validator(mode="after")
    def _in_order(self) -> "Hours":
        if self.last <= self.first:
            raise ValueError(f"last ({self.last}) must be later than first ({self.first})")
        return self


class Numbers(Section):
    """What may be dialled. Numbers are compared in their normal form: 0912..., 0213..., 0090... abroad."""

    permitted: list[Prefix] = ["0"]
    """Beginnings of numbers in the country that may be called."""
    foreign: list[Annotated[str, Field(pattern=r"^00[1-9][0-9]{0,13}$")]] = []
    """Beginnings of numbers abroad that may be called, like 0090; empty: none."""
    premium: list[Prefix] = ["0909"]
    """Beginnings of numbers that cost more than a call; they are refused even where `permitted` has them."""
    refused: list[NumberOrPrefix] = []
    """Beginnings of numbers that the site never calls."""
    area_code: Annotated[str, Field(pattern=r"^0[1-9][0-9]$")] | None = None
    """Of numbers given without one, eight digits long; null: such numbers are not understood."""


class Outbound(Section):
    """Callbacks, and calls that other rooms owe."""

    numbers: Numbers = Numbers()
    requests_per_number: Annotated[int, Field(ge=1, le=1000)] = 5
    """Callbacks that may be asked for to one number within `requests_hours`, in all queues."""
    requests_hours: Annotated[int, Field(ge=1, le=720)] = 24
    ahead_days: Annotated[int, Field(ge=1, le=30)] = 7
    """How far ahead a callback may be wished for."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """Tries that fail on the called side before a call is given up."""
    retry_minutes: Annotated[list[Annotated[int, Field(ge=1, le=1440)]], Field(min_length=1, max_length=10)] = [5, 30]
    """After the first failed try, after the second, ...; the last counts for all further ones."""
    busy_minutes: Annotated[int, Field(ge=1, le=1440)] = 3
    """After a busy tone."""
    expire_hours: Annotated[int, Field(ge=1, le=720)] = 24
    """A call that nobody could be reached with for so long is closed; days without such calls are not counted."""
    promise_minutes: Annotated[int, Field(ge=1, le=240)] = 15
    """Added to the estimated wait for the time that is promised; after a time that was wished for, the window."""
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = 30
    lead_seconds: Annotated[int, Field(ge=0, le=120)] = 20
    """From dialling to a person at the head of the queue: agents who will be free within it count as about to be."""
    callback_hours: Hours = Hours(first="00:00", last="24:00")
    """When those may be called who asked for it."""
    hours: Hours = Hours()
    """When others may be called."""
    days_off: list[Weekday] = ["friday"]
    """Days on which others are not called; nor are they on holidays."""
    max_at_once: Annotated[int, Field(ge=1, le=500)] = 5
    """Calls at once that need no agent."""
    per_minute: Annotated[int, Field(ge=1, le=1000)] = 20
    """Calls begun in a minute that need no agent."""
