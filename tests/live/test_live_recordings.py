"""What was said is kept, each side on its own channel, tied to its call."""

from pathlib import Path

import pytest

from bench.sipp import call
from bench.tones import write_tone
from tests.support.kept_sound import kept_recordings, kept_sides
from tests.support.live_calls import settled_stints, to
from tests.support.live_line import LiveLine
from tests.support.raw_phone import tone_share

pytestmark = pytest.mark.live

CALLER_HERTZ, AGENT_HERTZ = 440, 880
TALK = 4


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


def _assert_only(side: list[int], hertz: float, *, not_this: float) -> None:
    assert tone_share(side, hertz) > 0.9
    assert tone_share(side, not_this) < 0.05
