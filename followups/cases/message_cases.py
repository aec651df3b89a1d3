"""Makes cases of voice messages: the caller keeps the tracking code that he heard, and the message is done with."""

from dataclasses import dataclass

from followups.cases.actor import Actor
from followups.cases.addresses import telephone
from followups.cases.case import Case, Channel, LinkKind
from followups.cases.contacts import Address, Person
from followups.cases.opening import NewCase, Opening
from followups.cases.refusals import UnknownMessageError
from foundation.settings import Language
from foundation.tracking import is_tracking_code
from recordings.messages.messages import Message, close_message, messages_named


@dataclass(frozen=True, slots=True)
class About:
    """What somebody who heard the message says of it."""

    subject: str
    summary: str
    person: Person | None = None
    """Without one, only the caller's number is known."""
    province: str | None = None


async def open_from_message(opening: Opening, name: str, about: About, actor: Actor, default: Language) -> Case:
    """Open a case of a message (its code or id) and close the message, both or neither.

    Raises:
        UnknownMessageError, CaseRefusalError: nothing has changed.
    """
    async with opening.database.write() as connection:
        found = await messages_named(connection, name)
        if len(found) != 1:
            raise UnknownMessageError(message=name[:80])
        case = await opening.open_within(connection, message_wish(found[0], about, default), actor)
        await close_message(connection, found[0].id, actor.name, opening.now_ms())
        return case


def message_wish(message: Message, about: About, default: Language) -> NewCase:
    """What is asked for a message; asked twice, it is one case."""
    number = telephone(message.callback_number or message.caller or "")
    here = (Address(Channel.VOICE_MESSAGE, number),) if number else ()
    person = about.person or Person()
    links = [(LinkKind.VOICE_MESSAGE, message.id), (LinkKind.CALL, message.call_id)]
    if message.recording_id:
        links.append((LinkKind.RECORDING, message.recording_id))
    return NewCase(
        subject=about.subject, summary=about.summary, channel=Channel.VOICE_MESSAGE,
        language=_language(message.language, default), province=about.province,
        person=Person(person.name, person.national_id, (*person.addresses, *here)), contact_ms=message.taken_ms,
        links=tuple(links), request_key=f"message:{message.id}",
        code=message.tracking if message.tracking and is_tracking_code(message.tracking) else None,
    )


def _language(spoken: str | None, default: Language) -> Language:
    match spoken:
        case "fa" | "tr" | "en":
            return spoken
        case _:
            return default
