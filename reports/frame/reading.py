"""What a report reads from the ledger, so that every figure in it is exact and no second report can disagree."""

from callqueue.ledger.evidence_reading import read_evidence
from callqueue.queues.rules import rulebook

__all__ = ["read_evidence", "rulebook"]
