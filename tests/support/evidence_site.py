"""A site's two durable records as files, their followers and the reconciler, without an Asterisk."""

from pathlib import Path

from callqueue.cel.feed import CelSink
from callqueue.journal.feed import JournalSink
from callqueue.ledger.evidence import Gap, GapKind
from callqueue.ledger.reconcile_store import Reconciler
from callqueue.ledger.stint import Stint
from callqueue.ledger.store import read_gaps, read_stints
from callqueue.records.follow import Follower
from foundation.database import Database

EVER = 9_999_999_999
AT = 1_795_311_460

JOURNAL = f"""\
{AT}|s-29|operator|NONE|STINT|s-29|09122222222|direct||1
{AT}|s-29|operator|NONE|ENTERQUEUE||09122222222|1
{AT}|s-28|operator|NONE|STINT|s-28|09121111111|direct||1
{AT}|s-28|operator|NONE|ENTERQUEUE||09121111111|2
{AT + 1}|s-29|operator|a101|CONNECT|1|s-30|0
{AT + 2}|s-29|operator|a101|COMPLETECALLER|1|1|1
{AT + 2}|s-28|operator|NONE|ABANDON|1|2|2
"""


def cel(*events: str) -> str:
    """Lines of `seconds kind channel linkedid name app extra`."""
    lines = []
    for line in events:
        seconds, kind, channel_id, call_id, name, app, extra = line.split()
        facts = extra.replace("bridge", '{""bridge_id"":""b-1""}').replace(
            "caller", f'{{""hangupsource"":""{name}""}}').replace("us", '{""hangupsource"":""dialplan/builtin""}')
        app, facts = app.strip("-"), facts.strip("-")
        lines.append(f'"{AT + float(seconds):.6f}","{kind}","{channel_id}","{call_id}","{name}","x","y","{app}","",'
                     f'"{facts}"\n')
    return "".join(lines)


CEL = cel(
    "-1.0 CHAN_START   s-28 s-28 PJSIP/trunk-1c -        -",
    "-0.9 CHAN_START   s-29 s-29 PJSIP/trunk-1d -        -",
    "0.80 APP_START    s-29 s-29 PJSIP/trunk-1d Queue    -",
    "0.90 APP_START    s-28 s-28 PJSIP/trunk-1c Queue    -",
    "0.95 CHAN_START   s-30 s-29 PJSIP/a101-0000001e AppQueue -",
    "1.05 ANSWER       s-30 s-29 PJSIP/a101-0000001e AppQueue -",
    "1.10 BRIDGE_ENTER s-30 s-29 PJSIP/a101-0000001e AppQueue bridge",
    "1.11 BRIDGE_ENTER s-29 s-29 PJSIP/trunk-1d Queue    bridge",
    "2.08 BRIDGE_EXIT  s-29 s-29 PJSIP/trunk-1d Queue    bridge",
    "2.09 BRIDGE_EXIT  s-30 s-29 PJSIP/a101-0000001e AppQueue bridge",
    "2.10 APP_END      s-28 s-28 PJSIP/trunk-1c Queue    -",
    "2.10 HANGUP       s-28 s-28 PJSIP/trunk-1c -        caller",
    "2.10 LINKEDID_END s-28 s-28 PJSIP/trunk-1c -        -",
    "2.11 APP_END      s-29 s-29 PJSIP/trunk-1d Queue    -",
    "2.11 HANGUP       s-29 s-29 PJSIP/trunk-1d -        caller",
    "2.11 LINKEDID_END s-29 s-29 PJSIP/trunk-1d -        -",
)


class Site:
    """Both files, their followers and the reconciler."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.journal_path, self.cel_path = folder / "queue_log", folder / "cel.csv"
        self.now = AT + 1000.0
        self._start()

    def _start(self) -> None:
        self.journal = Follower(self.database, self.journal_path, "site", "journal", JournalSink())
        self.cel = Follower(self.database, self.cel_path, "site", "cel", CelSink())
        self.reconciler = Reconciler(self.database, "site", lambda: self.now, lambda: self.now)

    def restart(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        self.journal.close()
        self.cel.close()

    def write(self, journal: str = "", cel: str = "") -> None:
        for path, text in ((self.journal_path, journal), (self.cel_path, cel)):
            with path.open("a") as file:
                file.write(text)

    async def read(self) -> dict[str, Stint]:
        for follower in (self.journal, self.cel):
            while await follower.step():
                pass
        while await self.reconciler.step():
            pass
        async with self.database.read() as connection:
            return {stint.channel_id: stint for stint in await read_stints(connection, None, 0, EVER)}

    async def gaps(self) -> list[GapKind]:
        return [gap.kind for gap in await self.gaps_in_full()]

    async def gaps_in_full(self) -> list[Gap]:
        async with self.database.read() as connection:
            return await read_gaps(connection, 0, EVER)
