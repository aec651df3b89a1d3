"""Calls whose whole story is known: written as an Asterisk's two records, and as our own rooms would have kept them.

`LONG` waits, is rung past, talks, is put on hold and handed over after a consultation; `LEFT` asks for a callback,
which is tried twice. Seconds count from `AT`.
"""

import json
from pathlib import Path

from followups.cases.links import checked_reference
from followups.cases.tables import LINK
from foundation.database import Database
from ivr.steps.steps import BEGAN, Step
from ivr.tables import ivr_step
from recordings.messages.messages import Message, add_message
from recordings.store import Recording, add_recording
from recordings.transcripts.queue import begin, enter
from recordings.transcripts.transcripts import Side, Word
from tests.support.evidence_site import AT, Site

LONG, LEFT, KEPT, CONSULTATION, NUMBER = "s-10", "s-50", "cb-7qk2m9xw-2", "s-13", "09121234567"
PROMISE = KEPT.rpartition("-")[0]

JOURNAL = f"""\
0 s-10 operator NONE STINT s-10|{NUMBER}|direct||1
0 s-10 operator NONE ENTERQUEUE |{NUMBER}|1
12 s-10 operator a101 RINGNOANSWER 10000
18 s-10 operator a102 CONNECT 18|s-12|4
60 s-10 NONE a102 MASKED s-10|{AT + 60}250000|sara|{AT + 180}250000
61 s-10 NONE a102 MASKED s-10|{AT + 60}250000|sara|{AT + 180}250000
70 s-10 NONE a102 UNMASKED s-10|{AT + 70}500000|wish|sara
78 s-10 operator a102 ATTENDEDTRANSFER BRIDGE|b-1|18|60|1
200 s-50 pensions NONE STINT s-50|09351112233|direct||1
200 s-50 pensions NONE ENTERQUEUE |09351112233|1
230 s-50 pensions NONE CALLBACK_REQUESTED {PROMISE}|09351112233|{(AT + 200) * 1000}|0|fa|queue|s-50
230 s-50 pensions NONE EXITWITHKEY 1|1|1|30
600 {PROMISE}-1 pensions NONE CALLBACK_ATTEMPT {PROMISE}|1|callback
615 {PROMISE}-1 pensions NONE CALLBACK_RESULT {PROMISE}|1|busy|17
900 {KEPT} pensions NONE CALLBACK_ATTEMPT {PROMISE}|2|callback
911 {KEPT} pensions NONE STINT {KEPT}|09351112233|callback|{PROMISE}|1
911 {KEPT} pensions NONE ENTERQUEUE |09351112233|1
913 {KEPT} pensions a101 CONNECT 2|s-60|1
1000 {KEPT} pensions a101 COMPLETECALLER 2|87|1
1001 {KEPT} pensions NONE CALLBACK_RESULT {PROMISE}|2|reached|16
1001 {KEPT} pensions NONE CALLBACK_CLOSED {PROMISE}|reached|dialler
"""

CEL = """\
-30.0 CHAN_START      s-10 s-10 PJSIP/trunk-0000000a
-29.5 ANSWER          s-10 s-10 PJSIP/trunk-0000000a
0.1   APP_START       s-10 s-10 PJSIP/trunk-0000000a app=Queue
2.0   CHAN_START      s-11 s-10 PJSIP/a101-0000000b
12.1  CHAN_END        s-11 s-10 PJSIP/a101-0000000b
14.0  CHAN_START      s-12 s-10 PJSIP/a102-0000000c
18.05 ANSWER          s-12 s-10 PJSIP/a102-0000000c
18.10 BRIDGE_ENTER    s-12 s-10 PJSIP/a102-0000000c bridge_id=b-1
18.11 BRIDGE_ENTER    s-10 s-10 PJSIP/trunk-0000000a bridge_id=b-1
40.0  HOLD            s-12 s-10 PJSIP/a102-0000000c
45.0  CHAN_START      s-13 s-13 PJSIP/a102-0000000d
46.0  CHAN_START      s-14 s-13 PJSIP/a103-0000000e
50.0  ANSWER          s-14 s-13 PJSIP/a103-0000000e
50.1  BRIDGE_ENTER    s-14 s-13 PJSIP/a103-0000000e bridge_id=b-2
50.1  BRIDGE_ENTER    s-13 s-13 PJSIP/a102-0000000d bridge_id=b-2
76.0  UNHOLD          s-12 s-10 PJSIP/a102-0000000c
78.0  ATTENDEDTRANSFER s-12 s-10 PJSIP/a102-0000000c bridge1_id=b-1 channel2_uniqueid=s-13 app=N/A
78.1  BRIDGE_EXIT     s-12 s-10 PJSIP/a102-0000000c bridge_id=b-1
78.1  BRIDGE_EXIT     s-14 s-13 PJSIP/a103-0000000e bridge_id=b-2
78.1  BRIDGE_EXIT     s-13 s-13 PJSIP/a102-0000000d bridge_id=b-2
78.2  BRIDGE_ENTER    s-14 s-10 PJSIP/a103-0000000e bridge_id=b-1
78.3  CHAN_END        s-12 s-10 PJSIP/a102-0000000c
78.3  CHAN_END        s-13 s-13 PJSIP/a102-0000000d
140.0 BRIDGE_EXIT     s-10 s-10 PJSIP/trunk-0000000a bridge_id=b-1
140.0 BRIDGE_EXIT     s-14 s-10 PJSIP/a103-0000000e bridge_id=b-1
140.1 APP_END         s-10 s-10 PJSIP/trunk-0000000a app=Queue
140.2 HANGUP          s-10 s-10 PJSIP/trunk-0000000a hangupsource=PJSIP/trunk-0000000a
140.3 LINKEDID_END    s-10 s-10 PJSIP/trunk-0000000a
"""


def journal_lines(table: str) -> str:
    """Lines of the file, of `seconds callid queue agent event data`."""
    lines = []
    for line in table.splitlines():
        seconds, *words = line.split(" ", 5)
        lines.append("|".join([str(AT + int(seconds)), *words]) + "\n")
    return "".join(lines)


def cel_lines(table: str) -> str:
    """Lines of the file, of `seconds event channel linkedid name`, and facts as `name=value`."""
    lines = []
    for line in table.splitlines():
        seconds, kind, channel_id, call_id, name, *facts = line.split()
        known = dict(fact.split("=", 1) for fact in facts)
        extra = json.dumps(known).replace('"', '""')
        lines.append(f'"{AT + float(seconds):.6f}","{kind}","{channel_id}","{call_id}","{name}","x","y",'
                     f'"{known.get("app", "")}","","{extra}"\n')
    return "".join(lines)


async def tell_calls(ledger: Database, folder: Path) -> None:
    """Let the followers read both records."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test may wait
    site = Site(ledger, folder)
    site.write(journal_lines(JOURNAL), cel_lines(CEL))
    try:
        await site.read()
    finally:
        site.close()


async def keep_traces(main: Database, case: str | None = None) -> None:
    """What the menus, the recorder and the follow-ups have of `LONG`."""
    steps = [
        Step(LONG, 1, AT - 29.4, "call", "", None, BEGAN, 0, NUMBER),
        Step(LONG, 2, AT - 20, "menu", "language", "1", "chosen", 9000),
        Step(LONG, 3, AT - 12, "menu", "subject", "9", "wrong_key", 8000),
        Step(LONG, 4, AT - 4, "menu", "subject", "2", "chosen", 8000),
        Step(LONG, 5, AT - 3, "service", "balance", None, "failed:wrong_pin", 1000),
        Step(LONG, 6, AT - 0.2, "call", "operator", None, "queued", 29000),
    ]
    async with main.write() as connection:
        for step in steps:
            row = {name: getattr(step, name) for name in ivr_step.c.keys() if name != "at_ms"}  # noqa: SIM118
            await connection.execute(ivr_step.insert().values(**row, at_ms=round(step.at * 1000)))
        await add_recording(connection, Recording(
            "s-10_s-10_1", "call", LONG, LONG, 1, (AT + 18) * 1000, 60_000, "x.wav", 1, "0" * 64))
        await begin(connection, "s-10_s-10_1", "fa", "small", (AT + 90) * 1000)
        await enter(connection, "s-10_s-10_1", [Word(Side.CALLER, 0, 400, "سلام", 90)], (AT + 91) * 1000)
        await add_recording(connection, Recording(
            "message-m1", "voice_message", LEFT, LEFT, 0, (AT + 190) * 1000, 4000, "m.wav", 1, "0" * 64))
        await add_message(connection, Message(
            "message-m1", "voice_message", "director", LEFT, "09351112233", None, "fa", None, (AT + 194) * 1000, 4000,
            "message-m1"))
        if case is not None:
            await connection.execute(LINK.insert().values(
                code=case, kind="call", reference=checked_reference(LONG), added_ms=(AT + 100) * 1000,
                added_by="sara"))
