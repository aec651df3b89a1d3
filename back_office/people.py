"""Sample people, the same for everybody: numbers only, made from a seed, belonging to nobody."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from foundation.identity_numbers import national_id

PROVINCES = ("alborz", "fars", "isfahan", "tehran")
LEAST_PENSION_DAYS = 3600
SEED = 1420


@dataclass(frozen=True)
class Workshop:
    code: str
    debt_rials: int
    due_on: date


@dataclass(frozen=True)
class Prescription:
    code: str
    status: str
    issued_on: date
    items: int
    patient_share_rials: int


@dataclass(frozen=True)
class Benefit:
    kind: str | None
    status: str
    rials: int


@dataclass(frozen=True)
class Person:
    """The columns of `back_office.tables.person`, and what else belongs to somebody."""

    national_id: str
    pin: str
    insurance_number: str
    province: str
    active: bool
    days: int
    wage_rials: int
    contribution_rials: int
    contribution_on: date
    pension_rials: int
    pension_on: date
    pension_paid: bool
    medicine_rials: int
    dependants: int
    covered_until: date
    benefit: Benefit
    workshop: Workshop | None
    prescription: Prescription

    @property
    def is_pensioner(self) -> bool:
        return self.pension_rials > 0


def sample_people(count: int, today: date, seed: int = SEED) -> Iterator[Person]:
    """`count` people; every second one draws a pension, every fifth one is an employer.

    National IDs begin with 999, which no registry office uses. Dates lie around `today`.
    """
    chance = random.Random(seed)  # noqa: S311 - samples, no secrets
    for number in range(1, count + 1):
        yield _person(number, today, chance)


def _person(number: int, today: date, chance: random.Random) -> Person:
    pensioner = number % 2 == 0
    wage = chance.randrange(110, 600) * 1_000_000
    kind = (None, "unemployment", "disability", "sickness")[number % 4]
    status = chance.choice(("under_review", "approved", "rejected")) if kind else "none"
    return Person(
        national_id=national_id(f"999{number:06}"),
        pin=f"{chance.randrange(10_000):04}",
        insurance_number=f"{10_000_000 + number}",
        province=PROVINCES[(number // 2) % len(PROVINCES)],
        active=not pensioner and number % 7 != 0,
        days=chance.randrange(7200, 12600) if pensioner else chance.randrange(90, 9000),
        wage_rials=wage,
        contribution_rials=wage * 30 // 100,
        contribution_on=today - timedelta(chance.randrange(5, 40)),
        pension_rials=wage * 8 // 10 if pensioner else 0,
        pension_on=today.replace(day=20),
        pension_paid=today.day >= 20,
        medicine_rials=chance.choice((0, 1_250_000, 2_350_000, 8_400_000)) if pensioner else 0,
        dependants=chance.randrange(5),
        covered_until=today + timedelta(chance.randrange(20, 300)),
        benefit=Benefit(kind, status, wage // 2 if status == "approved" else 0),
        workshop=_workshop(number, today, chance) if number % 5 == 0 else None,
        prescription=Prescription(
            f"{10_000 + number}", chance.choice(("ready", "dispensed", "expired")),
            today - timedelta(chance.randrange(1, 30)), chance.randrange(1, 6), chance.randrange(1, 40) * 100_000,
        ),
    )


def _workshop(number: int, today: date, chance: random.Random) -> Workshop:
    debt = 0 if number % 10 == 0 else chance.randrange(10, 900) * 1_000_000
    return Workshop(f"{7_000_000_000 + number}", debt, today + timedelta(30))
