"""What the pages of listening need: who asks, what he may hear, and names for people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Request

from foundation.calendars import MomentError, parse_moment
from foundation.catalogue import Texts
from foundation.web.guards import signed_in
from foundation.web.roles import Role, User
from foundation.web.site import Web, texts_of, web_of
from quality.reach import LISTENERS, Grant, grants_for, grants_of
from quality.refusals import NoSuchRecordingError, WrongTimeError
from recordings.listening.listing import find_recording
from recordings.store import Recording

Listener = Annotated[User, Depends(signed_in(*LISTENERS))]
Judge = Annotated[User, Depends(signed_in(Role.SUPERVISOR, Role.MANAGER))]
RecordingId = Annotated[str, Path(alias="recording", pattern=r"^[A-Za-z0-9._-]{1,200}$")]


@dataclass(frozen=True, slots=True)
class Seat:
    """One who asks, in one request."""

    request: Request
    web: Web
    user: User
    t: Texts

    @property
    def grants(self) -> tuple[Grant, ...]:
        return grants_of(self.user, self.web.settings)

    async def recording(self, recording_id: str) -> tuple[Recording, tuple[Grant, ...]]:
        """A recording that he may hear, and what lets him.

        Raises:
            NoSuchRecordingError
        """
        async with self.web.database.read() as connection:
            found = await find_recording(connection, recording_id)
        grants = grants_for(self.user, self.web.settings, found) if found else ()
        if found is None or not grants:
            raise NoSuchRecordingError(recording=recording_id[:80])
        return found, grants

    def queue(self, name: str | None) -> str:
        """Its title."""
        known = self.web.settings.queues.get(name or "")
        return known.title.get(self.t.language, name or "") if known else name or "–"

    def agent(self, name: str | None) -> str:
        known = self.web.settings.agents.get(name or "")
        return known.name or name or "–" if known else name or "–"

    def moment_ms(self, written: str) -> int | None:
        """Epoch milliseconds of what somebody typed; None: nothing.

        Raises:
            WrongTimeError
        """
        if not written.strip():
            return None
        try:
            now = datetime.fromtimestamp(self.web.clock() / 1000, UTC)
            return round(parse_moment(written, self.web.zone, now).timestamp() * 1000)
        except MomentError as error:
            raise WrongTimeError(written=written[:60]) from error

    def choices(self) -> dict[str, Any]:
        """Queues and agents to choose from."""
        return {
            "queues": [(name, self.queue(name)) for name in self.web.settings.queues],
            "agents": [(name, self.agent(name)) for name in self.web.settings.agents],
        }

    def names(self) -> dict[str, Any]:
        """For templates."""
        return {"queue_of": self.queue, "agent_of": self.agent}


def scope_queues(grants: Iterable[Grant]) -> frozenset[str] | None:
    """The queues of whose conversations he may judge; None: all."""
    scopes = [grant.scope for grant in grants if grant.role in {Role.SUPERVISOR, Role.MANAGER}]
    if any(scope.queues is None for scope in scopes):
        return None
    return frozenset().union(*(scope.queues or frozenset() for scope in scopes))


def listener_seat(request: Request, user: Listener) -> Seat:
    return Seat(request, web_of(request), user, texts_of(request))


def judge_seat(request: Request, user: Judge) -> Seat:
    return Seat(request, web_of(request), user, texts_of(request))


AListener = Annotated[Seat, Depends(listener_seat)]
AJudge = Annotated[Seat, Depends(judge_seat)]
