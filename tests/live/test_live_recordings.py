"""What was said is kept, each side on its own channel, tied to its call."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from bench.sipp import call, calling
from bench.tones import write_tone
from recordings.store import Recording
from tests.support.echo_phone import echo_phone, echoes, shift_of_marks, silent_together, write_marks
from tests.support.kept_sound import kept_recordings, kept_sides
from tests.support.live_calls import settled_stints, to
from tests.support.live_line import LiveLine
from tests.support.raw_phone import tone_share
from tests.support.waiting import eventually

pytestmark = pytest.mark.live

CALLER_HERTZ, AGENT_HERTZ = 440, 880
TALK = 4
SPOKEN = 8
SECRET = 2.5
NEAR_MS = 1000
LATER_MS = 6000
FURTHEST_APART_MS = 100
"""What Asterisk itself suffers, where it gets no turn for a while; else it is a packet or two (docs/recordings.md)."""


async def test_each_sides_tone_is_on_its_own_channel_of_the_calls_recording(line: LiveLine, tmp_path: Path) -> None:
    since = line.now()
    caller_tone = write_tone(tmp_path / "caller.al", CALLER_HERTZ)
    agent_tone = write_tone(tmp_path / "agent.al", AGENT_HERTZ)
    async with line.staffed(line.phone("a101", talk=TALK), tone=agent_tone):
        await call(line.target, [to("insurance", "09123000000")], line.sipp, tone=caller_tone)
    (stint,) = await settled_stints(line, since, ["09123000000"])
    (recording,) = await kept_recordings(line, stint.call_id)
    assert (recording.call_id, recording.channel_id, recording.stint) == (stint.call_id, stint.channel_id, stint.number)
    assert not recording.damaged
    assert abs(recording.duration_ms - TALK * 1000) < 500
    left, right = await kept_sides(line, recording)
    _assert_only(left, CALLER_HERTZ, not_this=AGENT_HERTZ)
    _assert_only(right, AGENT_HERTZ, not_this=CALLER_HERTZ)
    assert list(line.home.recordings_raw.glob(f"{stint.call_id}*")) == []


async def _talk_in_pairs(line: LiveLine, count: int) -> bool:
    """Whether Asterisk has so many bridges of two: a telephone knows of an answer before."""
    listed = await asyncio.to_thread(line.console, "core show channels concise")
    bridges = Counter(fields[-2] for text in listed.splitlines() if len(fields := text.split("!")) > 2)
    return sum(bridges[bridge] == 2 for bridge in bridges if bridge) >= count


def _assert_only(side: list[int], hertz: float, *, not_this: float) -> None:
    assert tone_share(side, hertz) > 0.9
    assert tone_share(side, not_this) < 0.05


async def test_each_voice_has_a_recording_whose_sides_keep_step_after_a_hold_and_every_transfer(
    line: LiveLine, tmp_path: Path,
) -> None:
    since = line.now()
    marks = write_marks(tmp_path / "marks.al")
    number = "09123000001"
    accounts = {agent: (agent, line.secrets.agents[agent]) for agent in ("a101", "a108", "a109")}
    async with (
        # Numbered from far behind music's 0, from below the first, and from there upwards again.
        echo_phone(line.target, accounts["a101"], 1, 60_000) as first,
        echo_phone(line.target, accounts["a108"], 4, 40_000) as second,
        echo_phone(line.target, accounts["a109"], 16, 10_000) as third, line.desk() as desk,
    ):
        await desk.log_in("a101")
        async with calling(line.target, [to("insurance", number)], line.sipp, tone=marks):
            taken = await first.rung()
            await asyncio.sleep(SPOKEN)
            await first.hold(taken)
            await asyncio.sleep(1)
            await first.resume(taken)
            await asyncio.sleep(SPOKEN)
            assert await first.refer(taken, "a108") == 200
            passed = await second.rung()
            await asyncio.sleep(SPOKEN)
            await second.hold(passed)
            consulted = await second.call("a109")
            await eventually(lambda: _talk_in_pairs(line, 2), "they consult")
            assert await second.refer(passed, "a109", consulted) == 200
            await second.hang_up(passed)
            await second.hang_up(consulted)
            await asyncio.sleep(SPOKEN)
            await third.hang_up(third.lines[0])
        await desk.log_out("a101", "test")
    (stint,) = await settled_stints(line, since, [number])

    async def all_kept() -> list[Recording]:
        found = await kept_recordings(line, stint.call_id)
        return found if len(found) == 3 else []

    voices = await eventually(all_kept, "each voice's recording is kept")
    assert [one.id.removeprefix(voices[0].id) for one in voices] == ["", ".1", ".2"]
    for voice, quieter in zip(voices, (1, 4, 16), strict=True):
        found = list(echoes(*await kept_sides(line, voice)))
        assert min(abs(one.lag_ms) for one in found) <= FURTHEST_APART_MS, found
        assert min(abs(one.gain * quieter - 1) for one in found) < 0.2, found
    begun_and_resumed = [one.at_ms for one in echoes(*await kept_sides(line, voices[0]))]
    assert max(begun_and_resumed) - min(begun_and_resumed) > SPOKEN * 1000 / 2


async def test_a_secret_is_silent_on_both_sides_and_what_follows_it_keeps_its_place(
    line: LiveLine, tmp_path: Path,
) -> None:
    since = line.now()
    marks = write_marks(tmp_path / "marks.al")
    number = "09123000003"
    accounts = {agent: (agent, line.secrets.agents[agent]) for agent in ("a101", "a109")}
    async with (
        echo_phone(line.target, accounts["a101"]) as first, echo_phone(line.target, accounts["a109"], 4) as second,
        line.desk() as desk,
    ):
        await desk.log_in("a101")
        async with calling(line.target, [to("insurance", number)], line.sipp, tone=marks):
            taken = await first.rung()
            await asyncio.sleep(SPOKEN)
            await _order(line, "mask", "a101")
            await asyncio.sleep(SECRET)
            await _order(line, "unmask", "a101")
            await asyncio.sleep(SPOKEN)
            await _order(line, "mask", "a101")
            await first.hold(taken)
            consulted = await first.call("a109")
            await eventually(lambda: _talk_in_pairs(line, 2), "they consult")
            assert await first.refer(taken, "a109", consulted) == 200
            await first.hang_up(taken)
            await first.hang_up(consulted)
            await eventually(lambda: _has_begun(line, ".1"), "the colleague's recording has begun")
            await asyncio.sleep(SECRET)
            await _order(line, "unmask", "a109")
            await asyncio.sleep(SPOKEN)
            await second.hang_up(second.lines[0])
        await desk.log_out("a101", "test")
    (stint,) = await settled_stints(line, since, [number])
    assert [one.event for one in line.journal(since) if "MASKED" in one.event] == ["MASKED", "UNMASKED"] * 2

    async def both_told() -> list[Recording]:
        found = await kept_recordings(line, stint.call_id)
        return found if len(found) == 2 and all(one.call_started_ms for one in found) else []

    begun, handed_over = await eventually(both_told, "both recordings are kept, and told of the masks")
    # On a busy machine Asterisk loses some sound, and what follows lies so much earlier.
    near = NEAR_MS + max(0, (stint.talk_ms or 0) + (stint.hold_ms or 0) - begun.duration_ms)
    start, end = begun.masks[0]
    caller, agent = await kept_sides(line, begun)
    mute_from, mute_to = silent_together(caller, agent)[0]
    assert start - near < mute_from < mute_to < end + near
    assert mute_to - mute_from > SECRET * 1000 / 2
    later = slice(mute_to * 8, (mute_to + LATER_MS) * 8)
    assert abs(shift_of_marks(caller[: mute_from * 8], caller[later], mute_to)) < near
    for said, heard in ((caller[: mute_from * 8], agent[: mute_from * 8]), (caller[later], agent[later])):
        assert min(abs(one.lag_ms) for one in echoes(said, heard)) <= FURTHEST_APART_MS
    caller, agent = await kept_sides(line, handed_over)
    assert len(handed_over.masks) == 1
    mute_from, mute_to = silent_together(caller, agent)[0]
    assert (mute_from < NEAR_MS, mute_to > SECRET * 1000 / 2) == (True, True)
    assert min(abs(one.lag_ms) for one in echoes(caller[mute_to * 8 :], agent[mute_to * 8 :])) <= FURTHEST_APART_MS


async def _order(line: LiveLine, deed: str, agent: str) -> None:
    """As a supervisor says it in a terminal; then every desk shows it."""
    await asyncio.to_thread(line.command, "floor", deed, agent)

    async def shown() -> bool:
        call = (await line.picture(f"agents/{agent}")).get("call") or {}
        return (call.get("masked_until") is not None) == (deed == "mask")

    await eventually(shown, f"the floor shows the {deed} of {agent}")


async def _has_begun(line: LiveLine, part: str) -> bool:
    """Whether Asterisk writes this part of the stint's recordings."""
    return any(line.home.recordings_raw.glob(f"*{part}-agent.wav"))


async def test_who_will_be_recorded_hears_so_before_he_waits(line: LiveLine) -> None:
    since = line.now()
    notice = "PASOKH_NOTICE_insurance_fa"
    account = ("a101", line.secrets.agents["a101"])
    line.console(f"dialplan set global {notice} 1")
    try:
        async with echo_phone(line.target, account) as phone, line.desk() as desk:
            await desk.log_in("a101")
            async with calling(line.target, [to("insurance", "09123000002")], line.sipp):
                taken = await phone.rung()
                listed = line.console("core show channels concise").splitlines()
                [caller] = [text.split("!")[0] for text in listed if text.startswith("PJSIP/trunk-")]
                assert "PASOKH_NOTICED=1" in line.console(f"core show channel {caller}")
                await phone.hang_up(taken)
            await desk.log_out("a101", "test")
    finally:
        line.console(f"dialplan set global {notice} 0")
    await settled_stints(line, since, ["09123000002"])
