"""The baseline of the menus' measurement: the same call in a dialplan alone, and the place where both sides end."""

import re
from pathlib import Path

from foundation.settings import Settings

BARE = Path(__file__).parent / "bare.conf"
ASK_MENUS = re.compile(r"^( same => n(?:\(\w+\))?),AGI\(.*$", re.MULTILINE)
"""The line that asks the menus; a label stays, for what jumps to it."""
SERVED = "SERVED"
END = f"""
; Stands in for the queue: a caller who has come here was served by the menus, and the measured call is over.
[pasokh-queue]
exten => enter,1,QueueLog(${{PASOKH_QUEUE}},${{UNIQUEID}},NONE,{SERVED},)
 same => n,Hangup()
"""


class BareError(Exception):
    """The baseline no longer fits the dialplans; the text says where."""


def bare_number(settings: Settings) -> str:
    """What to dial for the baseline; the site's own number leads to the menus."""
    return f"{settings.site.number}0"


def lay_over(etc: Path, settings: Settings) -> None:
    """Change a rendered configuration so that it has both sides, and ends calls where the queue begins.

    Raises:
        BareError: pasokh-incoming has changed so much that its beginning cannot be found.
    """
    incoming = (etc / "pasokh/incoming.conf").read_text(encoding="utf-8")
    (etc / "pasokh/queue.conf").write_text(END, encoding="utf-8")
    number = f"\n[pasokh-trunk](+)\nexten => {bare_number(settings)},1,Goto(bench-incoming,call,1)\n"
    bare = f"{_beginning(incoming)}\n{BARE.read_text(encoding='utf-8')}{number}"
    (etc / "pasokh/bare.conf").write_text(bare, encoding="utf-8")
    with (etc / "pasokh/extensions.conf").open("a", encoding="utf-8") as extensions:
        extensions.write('\n#include "pasokh/bare.conf"\n')


def _beginning(incoming: str) -> str:
    """Pasokh-incoming up to where it asks the menus, under another name."""
    asked = ASK_MENUS.search(incoming)
    if "[pasokh-incoming]" not in incoming or asked is None:
        raise BareError("dialplans/incoming.conf: no pasokh-incoming that asks the menus by AGI; mend bench/bare.py")
    beginning = incoming[: asked.start()].replace("[pasokh-incoming]", "[bench-incoming]")
    return f"{beginning}{asked[1]},Goto(bench-language,start,1)\n"


def count_served(journal: str, queue: str) -> int:
    """Callers who came to the end with that queue chosen, by the journal's lines."""
    wanted = ["NONE", SERVED]
    rows = (line.split("|") for line in journal.splitlines())
    return sum(len(row) > 4 and row[2] == queue and row[3:5] == wanted for row in rows)
