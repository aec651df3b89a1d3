"""The interface for programs: corrective actions."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from followups.faults.corrective import Scope
from followups.faults.corrective_desk import NewAction
from reports.web.access import ADesk, Doer, Reader, actor_of

router = APIRouter()
Json = Mapping[str, Any]
Number = Annotated[int, Path(ge=1, le=2_147_483_647)]
Name = Annotated[str, Field(max_length=60)]
Code = Annotated[str, Field(pattern=r"^[0-9]{9}$")]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ActionWish(_Wish):
    """What somebody takes upon himself."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    unit: Name
    owner: Annotated[str, Field(min_length=1, max_length=80)]
    due: AwareDatetime
    subject: Name | None = None
    cause: Name | None = None
    province: Name | None = None
    cases: Annotated[list[Code], Field(max_length=500)] = []


class CasesWish(_Wish):
    cases: Annotated[list[Code], Field(min_length=1, max_length=500)]


class MendWish(_Wish):
    since: AwareDatetime
    version: Annotated[int, Field(ge=1)] | None = None


class CloseWish(_Wish):
    outcome: Annotated[str, Field(min_length=1, max_length=4000)]
    version: Annotated[int, Field(ge=1)] | None = None


@router.get("/actions")
async def list_actions(
    desk: ADesk, user: Reader,  # noqa: ARG001
    closed: Annotated[bool, Query(description="Also the closed ones.")] = False,  # noqa: FBT002
) -> list[Json]:
    """Corrective actions by their deadline; times in epoch milliseconds."""
    return [asdict(one) for one in await desk.corrective.list(closed_too=closed)]


@router.post("/actions", status_code=201)
async def open_action(desk: ADesk, user: Doer, wish: ActionWish) -> Json:
    scope = Scope(wish.subject, wish.cause, wish.province)
    due = round(wish.due.timestamp() * 1000)
    new = NewAction(wish.title, wish.unit, wish.owner, due, scope, wish.cases)
    return asdict(await desk.corrective.open(new, actor_of(user)))


@router.get("/actions/{number}")
async def read_action(desk: ADesk, user: Reader, number: Number) -> Json:  # noqa: ARG001
    """One action with its cases, its history and its measured effect."""
    return asdict(await desk.corrective.show(number))


@router.post("/actions/{number}/cases")
async def add_cases(desk: ADesk, user: Doer, number: Number, wish: CasesWish) -> Json:
    return {"added": await desk.corrective.add_cases(number, wish.cases, actor_of(user))}


@router.post("/actions/{number}/mended")
async def mend(desk: ADesk, user: Doer, number: Number, wish: MendWish) -> Json:
    moment = round(wish.since.timestamp() * 1000)
    return asdict(await desk.corrective.mend(number, moment, actor_of(user), version=wish.version))


@router.post("/actions/{number}/close")
async def close(desk: ADesk, user: Doer, number: Number, wish: CloseWish) -> Json:
    return asdict(await desk.corrective.close(number, wish.outcome, actor_of(user), version=wish.version))
