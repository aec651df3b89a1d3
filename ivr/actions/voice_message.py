"""A key that takes a voice message into one of the site's boxes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from foundation.paths import Home
from foundation.settings import Settings, load_secrets
from foundation.tracking import TrackingCodes
from ivr.actions.context import CallContext, Resources
from ivr.actions.outcome import Ending, Outcome
from ivr.call import Call
from ivr.menu.menu import VoiceMessageAction
from ivr.message_draft import MessageDesk
from ivr.voice_message import Verdict, take_message

ENDINGS = {
    Verdict.SENT: Ending.HELPED, Verdict.CANCELLED: Ending.CANCELLED, Verdict.NOTHING: Ending.FAILED,
}


def names(_home: Home, settings: Settings) -> frozenset[str]:
    """The boxes that a menu may name."""
    return frozenset(settings.boxes)


@asynccontextmanager
async def message_desk(resources: Resources) -> AsyncIterator[MessageDesk]:
    """One for all calls: it gives every tracking code once."""
    key = load_secrets(resources.home, resources.settings).tracking_key
    yield MessageDesk(resources.home, TrackingCodes(key))


async def run(call: Call, context: CallContext, action: VoiceMessageAction) -> Outcome:
    desk = await context.resources.get(message_desk)
    verdict = await take_message(call, desk, action.box, context.settings.boxes[action.box])
    return Outcome(ENDINGS[verdict], verdict)
