"""Figures from evidence: a pure core, without database or clock. docs/figures.md explains every one of them."""

from callqueue.metrics.booking import Books, Evidence
from callqueue.metrics.figures import Figures, figure_ids
from callqueue.metrics.passports import Passport, Unit, passports
from callqueue.metrics.rules import Rulebook, Rules

__all__ = ["Books", "Evidence", "Figures", "Passport", "Rulebook", "Rules", "Unit", "figure_ids", "passports"]
