"""The passport of every figure: what it is, from what, how exact, in which version of its definition.

A figure without a passport may not be shown; a passport without a figure is a promise nobody keeps. Tests hold both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

VERSION = 1
JOURNAL = "journal (queue_log)"
CEL = "CEL"
BOTH = "journal (queue_log); milliseconds from CEL"
HOLDS = "CEL; HOLD and UNHOLD lines of the journal"
EXACT = "exact count"
WAITS = "milliseconds where CEL has spoken, else whole seconds ±1 s"
WHOLE = "whole seconds ±1 s"
T, S, W = "T", "S", "W"


class Unit(StrEnum):
    COUNT = "count"
    RATIO = "ratio"
    """From 0 to 1."""
    SECONDS = "seconds"
    CHANGE = "change"
    """A ratio that may be negative: 0.1 is a tenth more."""
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Passport:
    """The definition of one figure."""

    id: str
    unit: Unit
    formula: str
    evidence: str
    resolution: str
    parameters: tuple[str, ...] = ()
    """T: service threshold, S: short-abandon threshold, W: contact window; in seconds, of each queue."""
    version: int = VERSION


def _count(name: str, formula: str, evidence: str = JOURNAL, *parameters: str) -> Passport:
    return Passport(name, Unit.COUNT, formula, evidence, EXACT, parameters)


def _level(name: str, formula: str, *parameters: str, evidence: str = BOTH, resolution: str = WAITS) -> Passport:
    return Passport(name, Unit.RATIO, formula, evidence, resolution, parameters)


def _time(name: str, formula: str, *, evidence: str = BOTH, resolution: str = WAITS) -> Passport:
    return Passport(name, Unit.SECONDS, formula, evidence, resolution)


LEDGER = (
    _count("offered", "stints that entered the queue = answered + abandoned + timed_out + left_by_key + left_empty"
                      " + left_for_callback + withdrawn + interrupted + waiting"),
    _count("answered", "stints that an agent answered (CONNECT); whether the two spoke: see answered_not_spoken"),
    _count("abandoned", "stints whose caller hung up while waiting (ABANDON), not during an orderly stop of ours"),
    _count("timed_out", "stints that reached the queue's longest wait (EXITWITHTIMEOUT)"),
    _count("left_by_key", "stints left by pressing a key (EXITWITHKEY), no callback asked for"),
    _count("left_empty", "stints ended because no agent was left in the queue (EXITEMPTY)"),
    _count("left_for_callback", "stints left by asking for a callback (EXITWITHKEY with CALLBACK_REQUESTED)"),
    _count("withdrawn", "stints that an operator or a program took out of the queue (WITHDRAW)"),
    _count("interrupted", "stints ended by a fault of ours: open at QUEUESTART, ended under STOPPING, or ended by CEL"
                          " while the line of their end was lost (a gap of the kind journal_lost)",
           f"{JOURNAL}; CEL where its line was lost"),
    _count("waiting", "stints still waiting when the report was made"),
    _count("balance", "offered − the sum of all outcomes: 0, or the report contradicts itself and says so"),
    _count("refused_full", "calls turned away before entering because the queue was full (REFUSED_FULL)"),
    _count("refused_empty", "calls turned away before entering because no agent was there (REFUSED_EMPTY)"),
    _count("refused_closed", "calls turned away before entering because the queue was closed (REFUSED_CLOSED)"),
    _count("refused_busy", "calls turned away because all lines of the site were taken (REFUSED_BUSY, admission"
                           " control); booked to the default queue"),
    _count("lost_in_menu", "calls of the whole line (not of one queue) that their caller, or a crash, ended before they"
                           " came to any queue; booked to the start of the call", CEL),
)

ENTRIES = (
    _count("entries", "direct stints, each with the overflow and requeue stints that follow it in the same call as one:"
                      " one clock from first joining, the last stint's outcome, booked to the queue and interval"
                      " first entered"),
    _count("entries_answered", "entries whose outcome is answered"),
    _count("answered_within_threshold", "entries answered with wait ≤ T", BOTH, T),
    _count("entries_abandoned", "entries whose outcome is abandoned"),
    _count("short_abandoned", "entries abandoned with wait ≤ S", BOTH, S),
    _count("entries_left_for_callback", "entries whose outcome is left_for_callback"),
    _count("entries_waiting_within_threshold", "entries still waiting, with wait ≤ T so far: not decided yet", BOTH, T),
    _count("service_level_denominator", "entries − short_abandoned − entries_left_for_callback"
                                        " − entries_waiting_within_threshold", BOTH, T, S),
)

SERVICE = (
    _level("service_level", "answered_within_threshold ÷ service_level_denominator, that is: entries answered with wait"
                            " ≤ T ÷ (entries − short_abandoned − left for callback − waiting with wait ≤ T)", T, S),
    _level("service_level_answered", "stints answered with wait ≤ T ÷ answered (Wazo's quality of service, Asterisk's"
                                     " ServiceLevelPerf): blind to everybody who was never answered", T),
    _level("service_level_asterisk2", "(stints answered with wait ≤ T + X with wait ≤ T) ÷ (answered + X), X ="
                                      " abandoned + timed_out + left_empty + withdrawn (Asterisk's ServiceLevelPerf2):"
                                      " who gives up quickly raises it", T),
    _level("abandonment_rate", "(entries_abandoned − short_abandoned) ÷ service_level_denominator", T, S),
    _count("stints_answered_within_threshold", "stints answered with wait ≤ T, each stint with a clock of its own",
           BOTH, T),
    _count("stints_unserved_within_threshold", "stints abandoned, timed_out, left_empty or withdrawn with wait ≤ T",
           BOTH, T),
)

WAITING = (
    _time("asa", "mean wait of answered entries (average speed of answer)"),
    _time("wait_p50", "median wait of answered entries, by nearest rank"),
    _time("wait_p90", "wait within which 90 % of answered entries were answered, by nearest rank"),
    _time("wait_p95", "wait within which 95 % of answered entries were answered, by nearest rank"),
    _time("wait_max", "longest wait of an answered entry"),
)

CONTACTS = (
    _count("contacts", "people: all entries of one validated number inside W from its first, over all queues, are one"
                       " contact, booked to the queue and interval first entered; withheld and shared numbers: each"
                       " call its own", JOURNAL, W),
    _count("contacts_provisional", "contacts whose W has not passed yet, so that further attempts can change them",
           JOURNAL, W),
    _level("service_level_human", "contacts that spoke with a person within T of first joining (the wait for a callback"
                                  " included) ÷ contacts, without those of short abandons alone and those that wait or"
                                  " are promised a callback and are not older than T", T, S, W),
    _time("time_to_human", "mean time from a contact's first joining to its first conversation, callbacks included"),
    _time("time_to_human_p50", "median time from first joining to first conversation, by nearest rank"),
    _time("time_to_human_p90", "time to the first conversation of 90 % of the contacts that had one, by nearest rank"),
    _level("repeat_rate", "contacts with more than one call ÷ contacts", W, evidence=JOURNAL, resolution=EXACT),
    Passport("attempts_until_helped", Unit.NUMBER, "mean calls per contact", JOURNAL, EXACT, (W,)),
)

LINES = "journal (CALLBACK_REQUESTED, CALLBACK_ATTEMPT, CALLBACK_CLOSED)"

CALLBACKS = (
    _count("callbacks_promised", "calls promised, booked to the queue and second of asking; a second promise to the"
           " same number for the same queue is the first one", LINES),
    _count("callbacks_virtual", "of those promised, asked for outside a queue (menu, web, program, agent): virtual"
           " stints, which are no stints of the ledger but contacts like others", LINES),
    _count("callbacks_kept", "promises that ended with the person and an agent together (closed as reached)", LINES),
    _count("callbacks_in_time", "kept promises whose conversation began by the time that was told; a promise without a"
           " time told is never in time", BOTH),
    _count("callbacks_pending", "promises that nothing has settled yet", LINES),
    _count("callbacks_pending_over_threshold", "of those pending, those who have waited longer than T since asking (or"
           " since the time they wished for)", LINES, T),
    _count("callbacks_cancelled", "promises that the person, or somebody for him, took back", LINES),
    _count("callbacks_helped_otherwise", "promises whose person called us meanwhile and was answered", LINES),
    _count("callbacks_unreachable", "promises given up after every attempt of the retry plan", LINES),
    _count("callbacks_wrong_person", "promises given up because another person said that he had not asked", LINES),
    _count("callbacks_expired", "promises given up because their time had passed", LINES),
    _count("callbacks_refused", "promises given up because the number may not be called", LINES),
    _level("callback_kept", "callbacks_kept ÷ callbacks_promised, pending ones included", evidence=LINES,
           resolution=EXACT),
    _level("callback_in_time", "callbacks_in_time ÷ callbacks_promised, pending ones included"),
    _count("callback_attempts", "calls dialled for these promises", LINES),
    Passport("callback_attempts_mean", Unit.NUMBER, "callback_attempts ÷ callbacks_promised", LINES, EXACT),
    _count("callback_inversions", "over the kept promises, callers of the same queue who joined after the promise's"
           " place and were answered before it while it could be dialled; a caller whom his priority brought forward"
           " counts too, for the journal does not know it", BOTH),
)

WORK = (
    _time("talk", "sum of conversation without hold of the answered stints that have ended; without CEL, hold is in"
                  " it"),
    _time("hold", "sum of the time that agents held callers in the answered stints that have ended, of those of which"
                  " it is known: CEL has spoken, and the live side was watching (else: a gap of the kind blind)",
          evidence=HOLDS, resolution="milliseconds"),
    _time("wrap_up", "sum of the pauses with the reason wrap-up that followed those stints, of each for 12 hours at"
                     " most", evidence=JOURNAL, resolution=WHOLE),
    _time("aht", "(talk + hold + wrap_up) ÷ answered stints that have ended (average handling time)"),
    _level("transfer_rate", "answered stints ended by a transfer ÷ answered", evidence=JOURNAL, resolution=EXACT),
    _count("answered_not_spoken", "answered stints in which the two were never connected, though Asterisk wrote"
           " CONNECT", CEL),
    _count("ring_no_answer", "rings that an agent did not pick up (RINGNOANSWER); per agent under agents"),
    _time("ring_no_answer_time", "sum of how long those rings lasted", evidence=JOURNAL, resolution="milliseconds"),
)

AGENTS = (
    _level("occupancy", "agent_busy ÷ agent_available, of the agents who serve the queue; cut at the interval's edges"
                        " and joined over queues, so never above 1", evidence=JOURNAL, resolution=WHOLE),
    _time("agent_busy", "time in conversation (hold included) of any queue, in other calls of work (callers passed on"
                        " without a queue, consultation), and in wrap-up, while logged in", resolution=WHOLE),
    _time("agent_available", "time logged in, without pauses for other reasons than wrap-up (a conversation during such"
                             " a pause is work, and counts)", evidence=JOURNAL, resolution=WHOLE),
)

GROWTH = (
    Passport("growth", Unit.CHANGE, "(entries − entries of the same days a year before) ÷ entries of the same days a"
             " year before, by the site's calendar; of an interval not over yet, up to the same moment; no figure when"
             " the ledger does not reach back that far", JOURNAL, EXACT),
)

PASSPORTS: tuple[Passport, ...] = (
    *LEDGER, *ENTRIES, *SERVICE, *WAITING, *CONTACTS, *CALLBACKS, *WORK, *AGENTS, *GROWTH,
)


def passports() -> Mapping[str, Passport]:
    """Every passport by the id of its figure."""
    return {passport.id: passport for passport in PASSPORTS}
