"""Silence, cross-talk, hold and talk ratio, by tones and backgrounds of which the answer is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.measuring.measures import AGENT, CALLER, FRAME, FRAME_MS, Measures, Samples, Turn, measure
from tests.support.sound_site import conversation, noise, nothing, tone

SLACK_MS = 2 * FRAME_MS
"""A tone's edge may share a frame with the background."""


def test_a_conversation_of_known_tones_is_measured() -> None:
    found = measure(*conversation())
    assert found.duration_ms == 10_000
    assert found.caller_talk_ms == pytest.approx(3000, abs=SLACK_MS)
    assert found.agent_talk_ms == pytest.approx(4000, abs=SLACK_MS)
    assert found.cross_talk_ms == pytest.approx(500, abs=SLACK_MS)
    assert found.longest_silence_ms == pytest.approx(3000, abs=SLACK_MS)
    assert found.silence_ms == pytest.approx(3500, abs=2 * SLACK_MS)
    assert found.hold_ms == 0
    assert found.talk_ratio == pytest.approx(4 / 7, abs=0.01)
    assert [turn.channel for turn in found.turns] == [AGENT, CALLER, CALLER, AGENT, AGENT]


def test_hold_is_a_telephone_that_sends_nothing_amid_the_conversation() -> None:
    agent = np.concatenate([nothing(4), tone(2), nothing(5), tone(2), nothing(6)])
    caller = np.concatenate([noise(6.5), tone(1), noise(11.5)])
    found = measure(caller, agent)
    assert found.hold_ms == pytest.approx(5000, abs=SLACK_MS)
    assert found.silence_ms == pytest.approx(19_000 - 4000 - 5000, abs=2 * SLACK_MS)


@pytest.mark.parametrize("background", [0, 6, 60, 300])
def test_speech_is_found_over_any_telephones_background(background: int) -> None:
    quiet = noise(3, background) if background else nothing(3)
    found = measure(np.concatenate([quiet, tone(2, 500, 6000), quiet]), nothing(0))
    assert found.caller_talk_ms == pytest.approx(2000, abs=SLACK_MS)
    assert found.talk_ratio == 0


def test_clicks_are_no_speech_and_short_pauses_are() -> None:
    clicks = np.concatenate([noise(1), tone(0.04), noise(1)])
    assert measure(clicks, noise(2)).turns == ()
    halting = np.concatenate([noise(1), tone(1), noise(0.2), tone(1), noise(1)])
    (turn,) = measure(halting, noise(4)).turns
    assert turn.end_ms - turn.start_ms == pytest.approx(2200, abs=SLACK_MS)


def test_a_sound_that_never_pauses_and_one_that_is_empty() -> None:
    assert measure(tone(3), tone(3)).cross_talk_ms == 3000
    assert measure(nothing(0), nothing(0)) == Measures(0, 0, 0, 0, 0, 0, 0)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(20, 60)), min_size=1, max_size=6))
def test_times_agree_with_the_turns(parts: list[tuple[bool, bool, int]]) -> None:
    def side(number: int) -> Samples:
        pieces = [tone(count * 0.02) if part[number] else noise(count * 0.02) for part in parts for count in [part[2]]]
        return np.concatenate(pieces)

    found = measure(side(CALLER), side(AGENT))
    spoken = [_frames(found, channel) for channel in (CALLER, AGENT)]
    assert found.caller_talk_ms == len(spoken[CALLER]) * FRAME_MS
    assert found.agent_talk_ms == len(spoken[AGENT]) * FRAME_MS
    assert found.cross_talk_ms == len(spoken[CALLER] & spoken[AGENT]) * FRAME_MS
    quiet = set(range(len(side(CALLER)) // FRAME)) - spoken[CALLER] - spoken[AGENT]
    assert found.silence_ms + found.hold_ms == len(quiet) * FRAME_MS


def _frames(found: Measures, channel: int) -> set[int]:
    def of(turn: Turn) -> range:
        return range(turn.start_ms // FRAME_MS, turn.end_ms // FRAME_MS)

    return {frame for turn in found.turns if turn.channel == channel for frame in of(turn)}
