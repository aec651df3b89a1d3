"""What a year of calls leaves in the main store: steps of the menus, messages, cases and answers to surveys."""

# ruff: noqa: FBT003 - rows of tables have truths in them

from random import Random
from typing import Any

from sqlalchemy import Table

from bench.year import AGENTS, Came, Day, Plan, Row
from followups.cases.tables import ADDRESS, CASE, CONTACT, LINK
from followups.deadlines.notice_tables import NOTICE
from followups.faults.corrective_tables import CAUSE
from followups.surveys.satisfaction import write_keys
from followups.surveys.tables import SURVEY_ANSWER, SURVEY_REQUEST
from ivr.tables import ivr_step
from recordings.tables import voice_message

TABLES: tuple[Table, ...] = (
    ivr_step, voice_message, CONTACT, ADDRESS, CASE, LINK, CAUSE, NOTICE, SURVEY_REQUEST, SURVEY_ANSWER,
)
"""In an order in which each row finds what it refers to."""
SURVEYED, ANSWERING = 0.10, 0.35
"""Share of the callers who spoke with somebody, and of those who were asked."""
CASES, MESSAGES, REQUESTS = 0.02, 0.005, 0.002
"""Of a hundred calls two make a case; one in two hundred leaves a message; fewer a wish to be called back."""
DAY_MS, MINUTE_MS = 86_400_000, 60_000
SUBJECTS = (
    ("insurance-records", "insured-desk"), ("insurance-benefits", "insured-desk"),
    ("pensions-payment", "pensions-desk"), ("pensions-survivors", "pensions-desk"),
    ("medical-prescriptions", "medical-desk"),
    ("medical-expenses", "medical-desk"), ("employers-lists", "employers-desk"), ("employers-debt", "employers-desk"),
)
"""With the unit that has their cases."""
CAUSES = ("missing-record", "system-outage", "late-processing", "capacity", "none")
PROVINCES = ("tehran", "isfahan", "fars", "khorasan-razavi", "khuzestan", "gilan", None)
BOXES = ("director", "rescue")
SERVICES = ("insurance-days", "insurance-number", "last-contribution", "pension-payment", "benefit", "loan-status")


class MainRows:
    """Rows of one day after the other, for the calls that came."""

    def __init__(self, plan: Plan) -> None:
        self._random = Random(f"main {plan.seed}")  # noqa: S311 - figures, no secrets
        self._end_ms = plan.end * 1000
        self._number = 0
        self._rows: dict[str, list[Row]] = {}

    def rows(self, day: Day) -> dict[str, list[Row]]:
        """By table."""
        self._rows = {table.name: [] for table in TABLES}
        for came in day.came:
            self._number += 1
            self._steps(came)
            lot = self._random.random()
            if came.queue is None:
                if lot < 0.2:
                    self._message(came, "lost_caller", BOXES[1])
            elif lot < CASES:
                self._case(came)
            elif lot < CASES + MESSAGES:
                self._message(came, "voice_message", BOXES[0])
            elif lot < CASES + MESSAGES + REQUESTS:
                self._message(came, "callback_request", BOXES[0])
            elif lot < CASES + MESSAGES + REQUESTS + SURVEYED:
                self._survey(came)
        return self._rows

    def _add(self, table: Table, *row: Any) -> None:
        self._rows[table.name].append(row)

    # -- menus

    def _steps(self, came: Came) -> None:
        """Language, subject, for some a service; then a queue, or the end."""
        random, rows = self._random, self._rows[ivr_step.name]
        call, at_ms = came.call, (came.at - 9) * 1000
        lot = random.random()
        rows.append((call, 1, at_ms, "call", "", None, "began", 0, came.caller))
        at_ms += 300
        number = 2
        for menu in ("language", "subject"):
            ms = 1500 + int(random.random() * 2500)
            if menu == "subject" and lot < 0.08:
                at_ms += 4000
                wrong = lot < 0.03
                rows.append((call, number, at_ms, "menu", menu, "9" if wrong else "",
                             "wrong_key" if wrong else "no_input", 4000, None))
                number += 1
            at_ms += ms
            rows.append((call, number, at_ms, "menu", menu, "123"[int(random.random() * 3)], "chosen", ms, None))
            number += 1
        if came.queue is not None:
            rows.append((call, number, came.at * 1000, "call", came.queue, None, "queued", 9000, None))
            return
        if lot < 0.6:
            rows.append((call, number, at_ms + 900, "service", SERVICES[int(random.random() * len(SERVICES))], None,
                         "helped:told", 900, None))
        else:
            rows.append((call, number, at_ms + 900, "menu", "subject", "", "hung_up", 900, None))
        rows.append((call, number + 1, max(came.at * 1000, at_ms + 900), "call", "", None, "hung_up", 9000, None))

    # -- messages

    def _message(self, came: Came, kind: str, box: str) -> None:
        random, taken = self._random, came.at * 1000
        heard = taken + int(random.expovariate(1 / 180) * MINUTE_MS)
        closed = heard + int(random.expovariate(1 / 60) * MINUTE_MS)
        state = "closed" if closed < self._end_ms else "heard" if heard < self._end_ms else "new"
        spoken = kind == "voice_message"
        self._add(
            voice_message, f"message-{self._number}", kind, box, came.call, came.caller, came.caller, "fa",
            f"{self._number:09d}", taken, 5000 + int(random.random() * 55_000) if spoken else 0, None, state,
            heard if state != "new" else None, "bench" if state != "new" else None,
            closed if state == "closed" else None, "bench" if state == "closed" else None, came.queue)

    # -- cases

    def _case(self, came: Came) -> None:
        """Mostly closed in its time, a tenth late."""
        random, opened = self._random, came.at * 1000
        subject, unit = SUBJECTS[int(random.random() * len(SUBJECTS))]
        province = PROVINCES[int(random.random() * len(PROVINCES))]
        code, contact = f"{self._number:09d}", f"contact-{self._number}"
        due = opened + 3 * DAY_MS
        closed = opened + int(random.expovariate(1 / 1.3) * DAY_MS)
        is_over = closed < self._end_ms
        closing = ("duplicate" if random.random() < 0.02 else "solved") if is_over else None
        done = closed if is_over else None
        self._add(CONTACT, contact, None, None, None, province, "fa", opened, opened)
        self._add(ADDRESS, contact, "call", came.caller, opened)
        self._add(
            CASE, code, 3, "closed" if is_over else "assigned", subject, unit, "specialist", None, province, "call",
            "fa", contact, came.caller, None, "…", opened, "a1", opened, "longest", 3, "calendar", "contact", opened,
            due, False, None, None, done, done, "call" if is_over else None, done, closing, 0, done or opened,
            f"menus:{came.call}:{subject}")
        self._add(LINK, code, "call", came.call, opened, "a1")
        if random.random() < 0.6:
            self._add(CAUSE, code, CAUSES[int(random.random() * len(CAUSES))], opened, "a1")
        if closed > due and due < self._end_ms:
            self._add(NOTICE, code, 0, "escalation", 1, due, due, due, "headquarters", unit, unit)

    # -- surveys

    def _survey(self, came: Came) -> None:
        random, request, asked = self._random, f"{came.call}_1", (came.at + 200) * 1000
        agent, keys = f"a{int(random.random() * AGENTS)}", dict[str, int]()
        if random.random() < ANSWERING:
            keys = {"satisfaction": 1 + int(random.random() * 5), "solved": 1 + int(random.random() * 2)}
        self._add(SURVEY_REQUEST, request, "after-call", "call", asked, came.call, came.queue, agent, "fa", None,
                  write_keys(keys))
        for number, (question, key) in enumerate(keys.items()):
            self._add(SURVEY_ANSWER, request, question, key, asked + 8000 + 7000 * number)
