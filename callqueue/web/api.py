"""The interface for programs: calls are promised, looked up and taken back."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callqueue.outbound.model import CallbackRequest, Channel, OutboundCall, Result, State
from callqueue.outbound.refusals import NoSuchCallError, NoSuchQueueError
from callqueue.web.access import Desk, Giver, Reader, Site, open_office
from foundation.settings import Language
from foundation.web.guards import note

router = APIRouter(prefix="/callbacks")
LONGEST_PAGE = 500
LAST_DIGITS = 4
Id = Annotated[str, Path(pattern=r"^(cb-[a-z0-9]{1,40}|[0-9]{9})$", description="A promise's id, or its code.")]


class CallbackWish(BaseModel):
    """Whom to call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: Annotated[str, Field(min_length=3, max_length=30)]
    queue: Annotated[str | None, Field(max_length=39, description="Whose agents; the default queue.")] = None
    language: Language | None = Field(None, description="In which he is spoken to; the site's.")
    not_before: AwareDatetime | None = Field(None, description="The time wished for; none: as his turn comes.")
    priority: Annotated[int, Field(ge=0, le=1000)] = 0


class CallbackRecord(BaseModel):
    """A promise. Its number is never given back whole."""

    id: str
    code: str | None = Field(description="By which its person may take it back.")
    number: str
    queue: str
    language: Language
    channel: Channel
    state: State
    result: Result | None
    asked: datetime
    place: datetime = Field(description="The instant that counts in the line.")
    not_before: datetime | None
    due: datetime | None = Field(description="The time that was promised.")
    attempts: int
    closed: datetime | None


@router.post("", status_code=201)
async def promise(request: Request, web: Site, user: Giver, wish: CallbackWish) -> CallbackRecord:
    """Promise a call. One promise stands for a number and queue at a time."""
    async with open_office(web) as office:
        made = await office.promise(CallbackRequest(
            wish.number, wish.queue or web.settings.default_queue, wish.language or web.settings.site.language,
            Channel.API, priority=wish.priority, not_before_ms=_ms(wish.not_before), origin_call_id=user.id[:80],
        ))
    await note(request, "callback.promised", made.id)
    return _record(made)


@router.get("")
async def list_callbacks(
    web: Site, desk: Desk, _user: Reader, queue: Annotated[str | None, Query(max_length=39)] = None,
    state: State | None = State.OPEN, limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
) -> list[CallbackRecord]:
    """Promises in the order of their places; `open` has those that are being dialled too."""
    if queue is not None and queue not in web.settings.queues:
        raise NoSuchQueueError(queue=queue)
    return [_record(each) for each in await desk.list(queue, state, limit=limit)]


@router.get("/{key}")
async def find(desk: Desk, _user: Reader, key: Id) -> CallbackRecord:
    """One promise."""
    found = await desk.find(key)
    if found is None:
        raise NoSuchCallError(key=key)
    return _record(found)


@router.delete("/{key}")
async def cancel(request: Request, desk: Desk, user: Giver, key: Id) -> CallbackRecord:
    """Take a promise back."""
    [ended] = await desk.cancel(key, user.id)
    await note(request, "callback.cancelled", ended.id)
    return _record(ended)


def _record(call: OutboundCall) -> CallbackRecord:
    return CallbackRecord(
        id=call.id, code=call.tracking, number=f"…{call.number[-LAST_DIGITS:]}", queue=call.queue or "",
        language=call.language, channel=call.channel, state=call.state, result=call.result,
        asked=_moment(call.asked_ms), place=_moment(call.place_ms), not_before=_perhaps(call.not_before_ms),
        due=_perhaps(call.due_ms), attempts=call.attempts, closed=_perhaps(call.closed_ms),
    )


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _perhaps(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else _moment(at_ms)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)
