"""The answers of the contract, as they go over the wire, and how they follow from a person's record."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from back_office.people import LEAST_PENSION_DAYS

DAYS_OF_YEAR, DAYS_OF_MONTH = 360, 30
"""The insurance counts its own years and months."""
FULL_PENSION_DAYS = 30 * DAYS_OF_YEAR
CONTRIBUTION_PERCENT = 26


class NotFoundError(Exception):
    """`word` is the contract's: no_person, no_pension, ..."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class InsuranceDays:
    days: int
    years: int
    months: int
    rest_days: int


@dataclass(frozen=True)
class ExpectedPension:
    status: str
    monthly_rials: int
    days_missing: int


@dataclass(frozen=True)
class PensionPayment:
    status: str
    net_rials: int
    paid_on: str


@dataclass(frozen=True)
class MedicineDeductions:
    status: str
    deducted_rials: int


@dataclass(frozen=True)
class LastContribution:
    amount_rials: int
    received_on: str


@dataclass(frozen=True)
class Dependants:
    status: str
    count: int
    covered_until: str


@dataclass(frozen=True)
class BenefitStatus:
    status: str
    monthly_rials: int


@dataclass(frozen=True)
class InsuranceNumber:
    insurance_number: str
    status: str


def insurance_days(record: Row[Any]) -> InsuranceDays:
    years, rest = divmod(record.days, DAYS_OF_YEAR)
    return InsuranceDays(record.days, years, *divmod(rest, DAYS_OF_MONTH))


def expected_pension(record: Row[Any]) -> ExpectedPension:
    """A thirtieth of the wage for each year, thirty at most."""
    missing = max(LEAST_PENSION_DAYS - record.days, 0)
    if record.pension_rials:
        return ExpectedPension("retired", record.pension_rials, 0)
    if missing:
        return ExpectedPension("too_early", 0, missing)
    days = min(record.days, FULL_PENSION_DAYS)
    return ExpectedPension("estimated", record.wage_rials * days // FULL_PENSION_DAYS, 0)


def pension_payment(record: Row[Any]) -> PensionPayment:
    _check_pensioner(record)
    status = "paid" if record.pension_paid else "scheduled"
    return PensionPayment(status, record.pension_rials - record.medicine_rials, record.pension_on)


def medicine_deductions(record: Row[Any]) -> MedicineDeductions:
    _check_pensioner(record)
    return MedicineDeductions("deducted" if record.medicine_rials else "none", record.medicine_rials)


def last_contribution(record: Row[Any]) -> LastContribution:
    return LastContribution(record.contribution_rials, record.contribution_on)


def dependants(record: Row[Any]) -> Dependants:
    return Dependants("covered" if record.dependants else "none", record.dependants, record.covered_until)


def benefit_status(record: Row[Any], kind: str) -> BenefitStatus:
    if record.benefit_kind != kind:
        return BenefitStatus("none", 0)
    return BenefitStatus(record.benefit_status, record.benefit_rials)


def insurance_number(record: Row[Any]) -> InsuranceNumber:
    return InsuranceNumber(record.insurance_number, "active" if record.active else "inactive")


def voluntary_contribution(wage_rials: int) -> int:
    """Rials a month."""
    return wage_rials * CONTRIBUTION_PERCENT // 100


def _check_pensioner(record: Row[Any]) -> None:
    if not record.pension_rials:
        raise NotFoundError("no_pension")
