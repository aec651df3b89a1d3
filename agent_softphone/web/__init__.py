"""The phone in the browser on the web: its page, its password, its WebSocket, and what it may call."""

from pathlib import Path

from agent_softphone.phones import Phones
from agent_softphone.refusals import PhoneRefusalError
from agent_softphone.web.phone_api import phone_api
from agent_softphone.web.phone_pages import phone_pages
from foundation.web.roles import Role
from foundation.web.rooms import NavItem, Refusals, WebRoom

FOLDER = Path(__file__).parent


def room() -> WebRoom:
    phones = Phones()
    return WebRoom(
        "phone", phone_pages(phones), phone_api(phones), FOLDER / "templates", None, [FOLDER.parent / "texts.yaml"],
        nav=(NavItem("/phone", "phone.nav", (Role.AGENT,), 10),),
        refusals=(Refusals(PhoneRefusalError, "phone.refused"),), work=phones.run,
    )
