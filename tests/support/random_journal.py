"""Random days of a line as journal and CEL lines: repeat callers, overflows, callbacks, wrap-ups, restarts, withheld
numbers; a few people and quarters of an hour, so that everything meets everything.
"""

from dataclasses import dataclass, field
from random import Random

QUEUES = ("operator", "pensions")
AGENTS = ("a1", "a2", "a3")
PEOPLE = ("", "", "0911", "0912", "0913", "0914", "0915", "02144445555", "004401234567")
LENGTH = 3 * 86400
TRUNK = "PJSIP/trunk-0000001d"
Who = tuple[str, str, str]
"""A channel's id, its call's id, and its name."""


@dataclass
class RandomLine:
    """`journal` and `cel` are (second, line) in any order."""

    random: Random
    begin: int
    name: str = "s"
    journal: list[tuple[int, str]] = field(default_factory=list)
    cel: list[tuple[float, str]] = field(default_factory=list)
    calls: int = 0
    bridges: int = 0
    promises: list[tuple[str, str, str, int]] = field(default_factory=list)

    def fill(self, calls: int) -> None:
        for agent in AGENTS:
            self._sessions(agent)
        for _ in range(calls):
            self._call(self._moment())
        for promise, queue, number, asked in self.promises:
            self._keep(promise, queue, number, asked)
        for _ in range(self.random.randrange(3)):
            self._say(self._moment(), "NONE", "NONE", "NONE", "QUEUESTART", "")

    def texts(self, parts: int) -> list[tuple[str, str]]:
        """Journal and CEL in so many pieces, each in the order of time; now and then CEL comes when all of the journal
        is there.
        """
        whole, at_once = [], self.random.random() < 0.4
        for lines in (sorted(self.journal), sorted(self.cel)):
            cuts = sorted(self.random.randrange(len(lines) + 1) for _ in range(parts - 1))
            if at_once and lines == sorted(self.journal):
                cuts = [len(lines)] * (parts - 1)
            pieces = [lines[a:b] for a, b in zip([0, *cuts], [*cuts, len(lines)], strict=True)]
            whole.append(["".join(f"{line}\n" for _, line in piece) for piece in pieces])
        return list(zip(*whole, strict=True))

    def _moment(self) -> int:
        """Mostly in a few busy hours, so that calls touch each other."""
        day = self.random.randrange(3) * 86400
        return self.begin + day + self.random.choice([0, 43200, 43200, 86000]) + self.random.randrange(5400)

    def _say(self, at: int, *fields: str) -> None:
        self.journal.append((at, "|".join([str(at), *fields])))

    def _cel(self, at: float, kind: str, *who: str, app: str = "", extra: str = "") -> None:
        channel, call, name = who
        said = extra.replace('"', '""')
        self.cel.append((at, f'"{at:.6f}","{kind}","{channel}","{call}","{name}","x","y","{app}","","{said}"'))

    def _sessions(self, agent: str) -> None:
        at = self.begin + self.random.randrange(-7200, 7200)
        self._say(at, "NONE", "NONE", agent, "AGENT_LOGIN", f"PJSIP/{agent}")
        for queue in QUEUES:
            if self.random.random() < 0.7:
                self._say(at, "NONE", queue, agent, "ADDMEMBER", "")
        for _ in range(self.random.randrange(12)):
            begun = self._moment()
            reason = self.random.choice(["wrap-up", "wrap-up", "tea"])
            self._say(begun, "NONE", "NONE", agent, "PAUSEALL", reason)
            if self.random.random() < 0.9:
                self._say(begun + self.random.randrange(1, 4000), "NONE", "NONE", agent, "UNPAUSEALL", reason)
        for _ in range(self.random.randrange(6)):
            what = self.random.choice(["PAUSE", "PAUSE", "UNPAUSE", "REMOVEMEMBER", "ADDMEMBER"])
            reason = self.random.choice(["", "tea", "lunch"]) if what == "PAUSE" else ""
            self._say(self._moment(), "NONE", self.random.choice(QUEUES), agent, what, reason)
        if self.random.random() < 0.5:
            self._say(self._moment(), "NONE", "NONE", agent, "AGENT_LOGOUT", "himself")

    def _call(self, at: int) -> None:
        self.calls += 1
        call = f"{self.name}-{self.begin + self.calls}.{self.calls}"
        number, random = self.random.choice(PEOPLE), self.random
        has_cel = random.random() < 0.8
        if has_cel:
            self._cel(at - 3, "CHAN_START", call, call, f"PJSIP/trunk-{self.calls:08x}")
        if random.random() < 0.1:
            if has_cel:
                self._cel(at, "HANGUP", call, call, f"PJSIP/trunk-{self.calls:08x}",
                          extra=f'{{"hangupsource":"PJSIP/trunk-{self.calls:08x}"}}')
                self._cel(at, "LINKEDID_END", call, call, f"PJSIP/trunk-{self.calls:08x}")
            return
        if random.random() < 0.08:
            self._virtual(at, call, number)
            return
        self._stints(at, call, number, "direct", "", has_cel=has_cel)

    def _virtual(self, at: int, call: str, number: str) -> None:
        promise, queue = f"p{call}", self.random.choice(QUEUES)
        wished = str((at + self.random.randrange(90000)) * 1000) if self.random.random() < 0.4 else ""
        self._say(at, call, queue, "NONE", "CALLBACK_REQUESTED",
                  f"{promise}|{number}|{at * 1000}|0|fa|menu|{call}|{wished}||{(at + 3600) * 1000}")
        self.promises.append((promise, queue, number, at))
        if self.random.random() < 0.3:
            self._stints(at + 20, call, number, "direct", "", has_cel=False)

    def _stints(self, at: int, call: str, number: str, origin: str, promise: str, *, has_cel: bool) -> None:
        random = self.random
        for n in range(1, random.choice([1, 1, 1, 2, 3]) + 1):
            queue = random.choice(QUEUES)
            self._say(at, call, queue, "NONE", "STINT", f"{call}|{number}|{origin}|{promise}|{n}")
            if random.random() < 0.05:
                self._say(at, call, queue, "NONE", "REFUSED_FULL", call)
                return
            self._say(at, call, queue, "NONE", "ENTERQUEUE", f"|{number}|1")
            for _ in range(random.choice([0, 0, 1])):
                self._say(at + 1, call, queue, random.choice(AGENTS), "RINGNOANSWER", "1500")
            at = self._wait(at, call, queue, number, origin=origin, promise=promise, has_cel=has_cel)
            if at < 0:
                return
            origin = random.choice(["overflow", "requeue"])

    def _wait(
        self, at: int, call: str, queue: str, number: str, *, origin: str, promise: str, has_cel: bool,
    ) -> int:
        """When the next stint of the call begins; -1: never."""
        random, wait = self.random, self.random.choice([0, 2, 5, 6, 19, 20, 21, 30, 60, 400, 1500])
        end = at + wait
        if has_cel:
            self._cel(at + 0.25, "APP_START", call, call, "PJSIP/trunk-1", app="Queue")
            self._cel(end + random.randrange(900) / 1000, "APP_END", call, call, "PJSIP/trunk-1", app="Queue")
        what = random.choice(["answer", "answer", "answer", "abandon", "abandon", "timeout", "key", "callback", "open"])
        if what == "open" and random.random() < 0.7:
            what = "answer"
        if promise:
            what = random.choice(["answer", "answer", "abandon"])
        if what == "answer":
            return self._talk(end, call, queue, wait, has_cel=has_cel)
        if what == "abandon":
            self._say(end, call, queue, "NONE", "ABANDON", f"1|1|{wait}")
        elif what == "timeout":
            self._say(end, call, queue, "NONE", "EXITWITHTIMEOUT", f"1|1|{wait}")
            return end
        elif what == "key":
            self._say(end, call, queue, "NONE", "EXITWITHKEY", f"1|1|1|{wait}")
            return end
        elif what == "callback" and origin != "callback":
            name = f"p{call}.{at}"
            self._say(end, call, queue, "NONE", "CALLBACK_REQUESTED",
                      f"{name}|{number}|{at * 1000}|0|fa|queue|{call}|||{(end + 1800) * 1000}")
            self._say(end, call, queue, "NONE", "EXITWITHKEY", f"1|1|1|{wait}")
            self.promises.append((name, queue, number, end))
        return -1

    def _talk(self, at: int, call: str, queue: str, wait: int, *, has_cel: bool) -> int:
        random, agent = self.random, self.random.choice(AGENTS)
        talk, channel = random.choice([0, 3, 100, 700, 4000]), f"{call}9"
        self._say(at, call, queue, agent, "CONNECT", f"{wait}|{channel}|1")
        if has_cel and talk:
            caller, mine = (call, call, TRUNK), (channel, call, f"PJSIP/{agent}-0000001e")
            self._ring(at, mine)
            self._meet(at + 0.3, at + talk, mine, caller)
            self._hold(at, talk, agent, mine)
            self._with_colleague(at, talk, agent, mine)
        if random.random() < 0.9:
            ending = random.choice(["COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER"])
            where = "102|agents|" if ending == "BLINDTRANSFER" else ""
            self._say(at + talk, call, queue, agent, ending, f"{where}{wait}|{talk}|1")
            if random.random() < 0.6:
                self._say(at + talk, "NONE", "NONE", agent, "PAUSEALL", "wrap-up")
                self._say(at + talk + random.randrange(1, 900), "NONE", "NONE", agent, "UNPAUSEALL", "wrap-up")
        return -1

    def _ring(self, until: int, telephone: Who) -> None:
        self._cel(until - self.random.choice([2.5, 20, 4000]), "CHAN_START", *telephone)
        if self.random.random() < 0.9:
            self._cel(until + 0.05, "ANSWER", *telephone)

    def _meet(self, start: float, end: float, *sides: Who) -> None:
        self.bridges += 1
        for side in sides:
            for at, kind in ((start, "BRIDGE_ENTER"), (end, "BRIDGE_EXIT")):
                self._cel(at, kind, *side, extra=f'{{"bridge_id":"b{self.name}{self.bridges}"}}')

    def _hold(self, at: int, talk: int, agent: str, mine: Who) -> None:
        """Told by the journal, by CEL or by both; its end may be lost."""
        if self.random.random() < 0.5:
            return
        held, back = sorted(at + self.random.randrange(talk + 1) for _ in range(2))
        told, ends = self.random.choice([(1, 0), (0, 1), (1, 1)]), self.random.random() < 0.8
        for second, word in ((held, "HOLD"), (back, "UNHOLD")):
            if told[0] and (ends or word == "HOLD"):
                self._say(second, mine[0], "NONE", agent, word, f"{mine[1]}|{second * 1_000_000 + 250_000}")
            if told[1] and (ends or word == "HOLD"):
                self._cel(second + 0.25, word, *mine)

    def _with_colleague(self, at: int, talk: int, agent: str, mine: Who) -> None:
        """A question to a colleague, a caller who is passed on, or one who comes back to the same agent."""
        random, (channel, call, _) = self.random, mine
        colleague, end, long = random.choice(AGENTS), at + talk, random.choice([5, 600, 5000])
        second = (f"{channel}c", f"{channel}c", f"PJSIP/{agent}-0000001f")
        other = (f"{channel}d", random.choice([call, second[0]]), f"PJSIP/{colleague}-00000020")
        match random.choice(["nothing", "nothing", "question", "blind", "attended", "back"]):
            case "question":
                self._ring(at + talk // 2, other)
                self._meet(at + talk // 2, at + talk // 2 + long, second, other)
            case "blind":
                self._cel(end, "BLINDTRANSFER", *mine, extra='{"extension":"102"}')
                self._meet(end + 1.6, end + long, (other[0], call, other[2]), (call, call, TRUNK))
            case "attended":
                self._meet(end - 3, end - 1, second, other)
                self._cel(end - 1, "ATTENDEDTRANSFER", *mine, extra=f'{{"channel2_uniqueid":"{second[0]}"}}')
                self._meet(end, end + long, (other[0], call, other[2]), (call, call, TRUNK))
            case "back":
                self._meet(end + long, end + 2 * long, (f"{channel}e", call, mine[2]), (call, call, TRUNK))

    def _keep(self, promise: str, queue: str, number: str, asked: int) -> None:
        random = self.random
        what = random.choice(["kept", "kept", "kept", "open", "cancelled", "merged"])
        at = asked + random.choice([60, 900, 5000, 40000, 100000])
        if what == "kept":
            self.calls += 1
            call = f"{self.name}-{self.begin + self.calls}.{self.calls}"
            self._say(at, call, queue, "NONE", "CALLBACK_ATTEMPT", f"{promise}|1|callback")
            self._stints(at + 5, call, number, "callback", promise, has_cel=random.random() < 0.5)
            self._say(at + 30, call, queue, "NONE", "CALLBACK_CLOSED", f"{promise}|reached|us")
        elif what != "open":
            self._say(at, "NONE", queue, "NONE", "CALLBACK_CLOSED", f"{promise}|{what}|us")
