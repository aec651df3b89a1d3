"""A secret is spoken: what is muted, what is written, and that every mask ends, whoever dies meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from foundation.asterisk.ami import AmiAwayError, Event, Response
from recordings.masking.keeper import MaskKeeper
from recordings.masking.masking import (
    SECOND_US,
    Lifted,
    Masks,
    NotMaskedError,
    NotMutedError,
    NotRecordedError,
    NotTalkingError,
    caller_of,
)

CALLER, AGENT, OTHER = "PJSIP/trunk-0000000a", "PJSIP/a101-0000000b", "PJSIP/a109-0000000c"
NOW = 1_800_000_000 * SECOND_US


def packet(name: str, fields: Mapping[str, str | tuple[str, ...]]) -> Event:
    return Event({key.lower(): value if isinstance(value, tuple) else (value,) for key, value in fields.items()}, name)


@dataclass
class PlayedCall:
    """Asterisk with a caller and telephones, as far as masks go."""

    bridged: list[str] = field(default_factory=lambda: [CALLER, AGENT])
    voices: list[str] = field(default_factory=lambda: [AGENT])
    """Channels with a recording of their own."""
    recorded: str = "1"
    masked: str = ""
    muted: set[str] = field(default_factory=set)
    journal: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    deaf: bool = False
    fails: str = ""
    """The action at which the link is lost."""
    caller_is_there: bool = True
    on_mute: Callable[[], None] = lambda: None
    handlers: list[Callable[[Event], None]] = field(default_factory=list)

    def on_connected(self, _notice: Callable[[], None]) -> None:
        pass

    def on_event(self, handler: Callable[[Event], None], *_names: str) -> None:
        self.handlers.append(handler)

    async def list_action(self, name: str, **_fields: Any) -> list[Event]:
        self._check(name)
        variables = (f"PASOKH_RECORDED={self.recorded}", "PASOKH_VOICE=", f"PASOKH_MASKED={self.masked}")
        names = [*([CALLER] if self.caller_is_there else []), *dict.fromkeys([*self.bridged[1:], *self.voices])]
        return [
            packet("Status", {
                "Channel": one, "Uniqueid": one[-4:], "Linkedid": "call-1",
                "BridgeID": "b1" if one in self.bridged else "",
                "Variable": variables if one == CALLER else (f"PASOKH_VOICE={'legs' if one in self.voices else ''}",),
            })
            for one in names
        ]

    async def action(self, name: str, **fields: Any) -> Response:
        self._check(name)
        if name == "MixMonitorMute":
            self.on_mute()
            if self.deaf or fields["Channel"] not in self.voices:
                return Response({}, succeeded=False)
            (self.muted.add if fields["State"] else self.muted.discard)(fields["Channel"])
        elif name == "Setvar":
            self.masked = str(fields["Value"])
        elif name == "QueueLog":
            assert fields["Uniqueid"] == CALLER[-4:]
            self.journal.append(f"{fields['Interface']}|{fields['Event']}|{fields['Message']}")
        elif name == "UserEvent":
            self.told.append(str(fields["Mask"]))
            event = packet("UserEvent", {key: str(value) for key, value in fields.items()})
            for handler in self.handlers:
                handler(event)
        elif name == "Getvar":
            return Response({"value": (self.masked,)}, succeeded=True)
        return Response({}, succeeded=True)

    def _check(self, name: str) -> None:
        if name == self.fails:
            raise AmiAwayError(name)


def masks(call: PlayedCall, at_us: int = NOW) -> Masks:
    return Masks(call, lambda: at_us)  # type: ignore[arg-type]


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> int:
        return self.at


def keeper(call: PlayedCall, clock: Clock) -> MaskKeeper:
    return MaskKeeper(call, clock)  # type: ignore[arg-type]


async def test_every_recording_of_the_call_is_muted_until_the_agent_says_so() -> None:
    call = PlayedCall(voices=[AGENT, OTHER])
    mask = await masks(call).begin("a101", "sara|x", 120)
    assert (mask.call_id, mask.by, mask.until_us) == ("call-1", "sara_x", NOW + 120 * SECOND_US)
    assert call.muted == {AGENT, OTHER}
    assert (await masks(call).begin("a101", "omid", 999)).by == "sara_x"
    await masks(call, NOW + 9).end("a101", "sara")
    assert (call.muted, call.masked) == (set(), "")
    assert call.told == [mask.text, ""]
    assert call.journal == [
        f"a101|MASKED|call-1|{NOW}|sara_x|{mask.until_us}", f"a101|UNMASKED|call-1|{NOW + 9}|wish|sara",
    ]
    with pytest.raises(NotMaskedError):
        await masks(call).end("a101", "sara")


async def test_what_cannot_be_masked_is_refused_and_nothing_is_left_of_it() -> None:
    for call, refusal in (
        (PlayedCall(bridged=[CALLER, OTHER]), NotTalkingError), (PlayedCall(recorded="0"), NotRecordedError),
        (PlayedCall(deaf=True), NotMutedError),
    ):
        with pytest.raises(refusal):
            await masks(call).begin("a101", "sara", 120)
        assert call.masked == ""
        assert [line.split("|")[1] for line in call.journal] in ([], ["MASKED", "UNMASKED"])


async def test_an_account_that_only_begins_alike_speaks_with_nobody() -> None:
    call = PlayedCall(bridged=[CALLER, "PJSIP/a101-x-0000000b"], voices=[])
    channels = await masks(call).channels()
    assert caller_of("a101", channels) is None
    assert caller_of("a101-x", channels) is not None


async def test_a_mask_ends_by_itself_at_its_limit() -> None:
    call, clock = PlayedCall(), Clock()
    keeping = keeper(call, clock)
    await masks(call).begin("a101", "sara", 30)
    await keeping.look()
    assert call.muted == {AGENT}
    clock.at += 31 * SECOND_US
    await keeping.look()
    assert (call.muted, call.masked) == (set(), "")
    assert call.journal[-1] == f"a101|UNMASKED|call-1|{clock.at}|{Lifted.LIMIT}|limit"


async def test_a_mask_ends_with_the_conversation_but_outlives_being_handed_over() -> None:
    call, clock = PlayedCall(), Clock()
    keeping = keeper(call, clock)
    await masks(call).begin("a101", "sara", 120)
    call.bridged, call.voices = [CALLER, OTHER], [OTHER]
    await keeping.look()
    assert OTHER in call.muted
    call.bridged = [CALLER]
    await keeping.look()
    assert call.masked
    clock.at += SECOND_US
    await keeping.look()
    assert (call.masked, call.journal[-1]) == ("", f"a101|UNMASKED|call-1|{clock.at}|{Lifted.OVER}|over")
    call.bridged = [CALLER, OTHER]
    await masks(call).begin("a109", "omid", 120)
    call.caller_is_there = False
    await keeping.look()
    assert call.journal[-1].startswith("a109|UNMASKED|call-1|")


@pytest.mark.parametrize("lost_at", ["QueueLog", "MixMonitorMute", "UserEvent"])
async def test_whatever_died_in_between_a_keeper_that_begins_anew_finishes_it(lost_at: str) -> None:
    call, clock = PlayedCall(fails=lost_at), Clock()
    with pytest.raises(AmiAwayError):
        await masks(call).begin("a101", "sara", 30)
    call.fails = ""
    keeping = keeper(call, clock)
    await keeping.look()
    assert call.muted == {AGENT}
    assert call.journal[-1].startswith("a101|MASKED|")
    clock.at += 31 * SECOND_US
    await keeping.look()
    assert (call.muted, call.masked) == (set(), "")


async def test_a_mask_that_is_lifted_while_the_keeper_mutes_leaves_nobody_mute() -> None:
    call = PlayedCall()
    keeping = keeper(call, Clock())
    await masks(call).begin("a101", "sara", 30)

    def lift() -> None:
        call.masked = ""

    call.on_mute = lift
    await keeping.look()
    assert call.muted == set()


async def test_what_is_lifted_elsewhere_is_forgotten_and_said_again() -> None:
    call = PlayedCall()
    keeping = keeper(call, Clock())
    mask = await masks(call).begin("a101", "sara", 30)
    call.masked = ""
    await keeping.look()
    assert call.told == [mask.text, ""]
