"""The doctor looks at a site and says how to mend what is wrong."""

from pasokh.doctor.findings import Check, Finding, Grade
from pasokh.doctor.round import make_round

__all__ = ["Check", "Finding", "Grade", "make_round"]
