"""While a caller speaks a secret, his agent keeps it out of the recording."""

import json

from fastapi import APIRouter, Response

from agent_softphone.web.desk_seat import ASeat, Desk, Seat, asterisk_errors, toast
from foundation.web.guards import visitor_of


def mask_pages(desk: Desk) -> APIRouter:
    router = APIRouter(prefix="/desk")

    @router.post("/mask", response_model=None)
    async def mask(seat: ASeat) -> Response:
        """From now on the recordings of his conversation hear nothing, until he says so or the limit."""
        with asterisk_errors():
            await desk.exchange.masks(seat.web).mask(seat.agent, *_who(seat))
        return _said(seat, "desk.mask.said.on")

    @router.post("/unmask", response_model=None)
    async def unmask(seat: ASeat) -> Response:
        with asterisk_errors():
            await desk.exchange.masks(seat.web).unmask(seat.agent, *_who(seat))
        return _said(seat, "desk.mask.over")

    return router


def _who(seat: Seat) -> tuple[str, str, str]:
    return seat.user.id, seat.user.actor, visitor_of(seat.request).address


def _said(seat: Seat, key: str) -> Response:
    """The live picture brings the rest."""
    return Response(status_code=204, headers={"hx-trigger": json.dumps(toast(seat.t(key)))})
