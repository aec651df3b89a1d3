"""What the bench makes of its rounds."""

import json
import re
from pathlib import Path

import pytest
import yaml

from bench.bare import BARE, BareError, count_served, lay_over
from bench.ivr import Measure, Plan, Report, Round, Side, call_rate, most_at_once
from bench.sipp import CallTruth
from foundation.paths import CHECKOUT
from foundation.settings import Queue, Settings


def measure(side: Side, asterisk_ms: float, ivr_ms: float = 0.0, served: int = 100) -> Measure:
    return Measure(side, 100, served, 50.0, 10, asterisk_ms, ivr_ms)


def test_what_the_menus_add_is_compared_within_a_round() -> None:
    rounds = [
        Round(measure(Side.IVR, 9.0, 1.5), measure(Side.BARE, 8.0)),
        Round(measure(Side.IVR, 12.0, 1.7, served=99), measure(Side.BARE, 10.0)),
        Round(measure(Side.IVR, 9.0, 1.6), measure(Side.BARE, 9.0)),
    ]
    report = Report.of(Plan(50, 100, 3), rounds)
    assert (report.added_ms.least, report.added_ms.middle, report.added_ms.most) == (0.0, 1.0, 2.0)
    assert report.ratio.middle == 9.0 / 8.0
    assert report.ivr_ms.middle == 1.6
    assert report.lost == 1


def test_the_report_as_json_holds_every_round_and_figure() -> None:
    report = Report.of(Plan(50, 100, 1), [Round(measure(Side.IVR, 9.0, 1.5), measure(Side.BARE, 8.0))])
    told = json.loads(report.as_json())
    assert told["rounds"][0]["ivr"]["asterisk_ms"] == 9.0
    assert set(told) == {
        "plan", "rounds", "calls_per_second", "asterisk_ms_bare", "asterisk_ms_ivr", "added_ms", "ratio", "ivr_ms",
        "lost",
    }


def test_only_callers_with_the_right_queue_count_as_served() -> None:
    lines = [
        "1|NONE|NONE|NONE|QUEUESTART|", "2|x-1.0|insurance|NONE|SERVED|", "2|x-1.1|operator|NONE|SERVED|",
        "2|x-1.2|insurance|NONE|STINT|a|b", "2|x-1.3|insura",
    ]
    assert count_served("\n".join(lines), "insurance") == 1


def test_the_rate_is_told_by_the_invites_and_the_most_by_what_is_up_together() -> None:
    calls = [CallTruth(f"c{n}", invited=n * 0.5, ended=n * 0.5 + 1.2) for n in range(5)]
    assert call_rate(calls) == 2.0
    assert most_at_once(calls) == 3
    assert call_rate(calls[:1]) == 0.0
    assert most_at_once([]) == 0


def test_the_baseline_begins_as_the_real_journey_does(tmp_path: Path) -> None:
    settings = Settings(queues={"operator": Queue()})
    (tmp_path / "pasokh").mkdir()
    incoming = (CHECKOUT / "dialplans/incoming.conf").read_text(encoding="utf-8")
    (tmp_path / "pasokh/incoming.conf").write_text(incoming, encoding="utf-8")
    lay_over(tmp_path, settings)
    bare = (tmp_path / "pasokh/bare.conf").read_text(encoding="utf-8")
    assert "PJSIP_PARSE_URI_FROM" in bare
    assert "AGI(" not in bare
    assert "exten => 14200,1,Goto(bench-incoming,call,1)" in bare
    assert "SERVED" in (tmp_path / "pasokh/queue.conf").read_text(encoding="utf-8")


def test_a_dialplan_without_the_menus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pasokh").mkdir()
    (tmp_path / "pasokh/incoming.conf").write_text("[other]\n", encoding="utf-8")
    with pytest.raises(BareError, match=r"incoming\.conf"):
        lay_over(tmp_path, Settings(queues={"operator": Queue()}))


def test_the_baseline_plays_the_prompts_of_the_menus() -> None:
    bare = BARE.read_text(encoding="utf-8")
    played = [row.split("&") for row in re.findall(r"Background\(([^)]*)\)", bare)]
    menus = yaml.safe_load((CHECKOUT / "ivr/menus/main.yaml").read_text(encoding="utf-8"))
    assert played == [
        menus["menus"]["language"]["say"], menus["menus"]["subject"]["say"], menus["call"]["before_queue"],
    ]
