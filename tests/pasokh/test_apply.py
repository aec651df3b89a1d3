"""What of a running line begins anew for changed settings."""

from foundation.settings.changes import Change
from pasokh.apply import begun_anew


def test_pages_know_each_changed_setting() -> None:
    found = [Change("sip.trunk.proxy", None, "gateway.example")]
    assert begun_anew(found) == ["dialler", "web"]
    assert begun_anew([Change("followups.warn_days", 1, 2)]) == ["web"]
    assert begun_anew([Change("recordings.codec", "flac", "opus")]) == ["recordings", "web"]


def test_an_unchanged_line_goes_on_as_it_is() -> None:
    assert begun_anew([]) == []


def test_when_nobody_knows_what_changed_all_who_hold_settings_begin_anew() -> None:
    assert begun_anew(None) == ["recordings", "callqueue", "dialler", "web"]
