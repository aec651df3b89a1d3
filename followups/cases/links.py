"""What a link's reference may look like. Pure."""

import re

from followups.cases.refusals import BadReferenceError

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}")


def checked_reference(reference: str) -> str:
    """Raises BadReferenceError: this is no id of ours."""
    plain = reference.strip()
    if not _REFERENCE.fullmatch(plain):
        raise BadReferenceError(reference=plain[:40])
    return plain
