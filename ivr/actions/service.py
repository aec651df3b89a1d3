"""A key that starts a service of ivr/services."""

from foundation.paths import Home
from foundation.settings import Settings
from ivr.actions.context import CallContext
from ivr.actions.outcome import Ending, Outcome
from ivr.actions.voice_message import run as take_message
from ivr.call import Call
from ivr.menu.menu import ServiceAction, VoiceMessageAction
from ivr.self_service.book import service_files
from ivr.self_service.desk import service_desk
from ivr.self_service.dialogue import Result, Told

BOX = "general"
MESSAGE, BACK = "1", "*"
DECISION_SECONDS = 5.0
ENDINGS = {
    Result.TOLD: Ending.HELPED, Result.REFUSED: Ending.HELPED, Result.AGENT: Ending.OPERATOR,
    Result.CANCELLED: Ending.CANCELLED,
}
"""All others have failed."""

def names(home: Home, _settings: Settings) -> frozenset[str]:
    """The services that a menu may name; a broken one is told of by the desk, and refuses no menu."""
    return frozenset(path.stem for path in service_files(home))


async def run(call: Call, context: CallContext, action: ServiceAction) -> Outcome:
    """Take the caller through the service; while the back office is down he is offered a person or a voice message."""
    desk = await context.resources.get(service_desk)
    service = await desk.book.find(action.service)
    if service is None:
        await call.play(("service-down",))
        return await _offer_others(call, context, Told(Result.OFFICE_DOWN))
    dialogue = desk.dialogue(call, context, service)
    told = await dialogue.run()
    if dialogue.person is not None:
        desk.proved[call] = dialogue.person
    if told.result is Result.OFFICE_DOWN:
        return await _offer_others(call, context, told)
    return Outcome(ENDINGS.get(told.result, Ending.FAILED), _result(told))


async def _offer_others(call: Call, context: CallContext, told: Told) -> Outcome:
    """A voice message or the menu; who presses nothing gets a person."""
    key = await call.ask_key(("service-down-next",), DECISION_SECONDS)
    if key == BACK:
        return Outcome(Ending.CANCELLED, _result(told))
    if key == MESSAGE and context.settings.boxes:
        box = BOX if BOX in context.settings.boxes else next(iter(context.settings.boxes))
        left = await take_message(call, context, VoiceMessageAction(do="voice_message", box=box))
        return Outcome(left.ending, f"{told.result}_message")
    return Outcome(Ending.OPERATOR, _result(told))


def _result(told: Told) -> str:
    return f"{told.result}_{told.word}" if told.word else str(told.result)
