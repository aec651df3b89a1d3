"""Supervisors and managers who take calls for a while: in, and out again by itself."""

from typing import Final

from agent_softphone import supervisor_shifts as shifts
from agent_softphone.supervisor_office import Office, Supervisor
from agent_softphone.supervisor_refusals import AlreadyOnShiftError, NotOnShiftError, ShiftLengthError
from agent_softphone.supervisor_shifts import Shift
from callqueue.agents.refusals import AgentRefusalError
from callqueue.agents.sessions import read_session
from foundation.web.audit_log import Act, record

SHORTEST: Final = 5
SHIFT: Final = "shift"
"""Who logs out at the end of one, in the journal."""


class ShiftDesk:
    def __init__(self, office: Office) -> None:
        self._office = office

    async def begin(self, minutes: int, by: Supervisor) -> Shift:
        """Log the supervisor in as an agent, for so long.

        Raises:
            NoTelephoneError, ShiftLengthError, AlreadyOnShiftError, AlreadyLoggedInError, AsteriskAwayError: nothing
                has changed.
        """
        agent, longest = self._office.telephone(by), self._office.settings.supervision.shift_minutes
        if not SHORTEST <= minutes <= longest:
            raise ShiftLengthError(shortest=str(SHORTEST), longest=str(longest))
        shift = Shift(agent, by.id, self._office.now_ms(), self._office.now_ms() + minutes * 60_000)
        async with self._office.database.write() as connection:
            if await shifts.open_shift(connection, agent):
                raise AlreadyOnShiftError(agent=agent)
            await shifts.begin(connection, shift)
            await record(connection, self._office.act(by, "shift", agent, minutes=minutes), self._office.now_ms())
        try:
            await self._office.agents.log_in(agent)
        except AgentRefusalError:
            async with self._office.database.write() as connection:
                await shifts.end(connection, shift, "refused", self._office.now_ms())
            raise
        await self._remember_session(shift)
        return shift

    async def end(self, by: Supervisor) -> None:
        """Before its time.

        Raises:
            NoTelephoneError, NotOnShiftError, NotLoggedInError, AsteriskAwayError: nothing has changed.
        """
        agent = self._office.telephone(by)
        async with self._office.database.read() as connection:
            shift = await shifts.open_shift(connection, agent)
        if shift is None:
            raise NotOnShiftError(agent=agent)
        await self._office.agents.log_out(agent, by.id)
        async with self._office.database.write() as connection:
            await shifts.end(connection, shift, by.id, self._office.now_ms())
            await record(connection, self._office.act(by, "shift-end", agent), self._office.now_ms())

    async def end_all(self) -> list[Shift]:
        """Log out everybody whose shift is over; called over and over. Returns those that were logged out.

        Raises:
            AsteriskAwayError: it is tried again at the next call.
        """
        async with self._office.database.read() as connection:
            running = await shifts.open_shifts(connection)
        return [shift for shift in running if await self._settle(shift)]

    async def _settle(self, shift: Shift) -> bool:
        async with self._office.database.read() as connection:
            session = await read_session(connection, shift.agent)
        session_ms = None if session is None else round(session.logged_in * 1000)
        wanted = shifts.due(shift, session_ms, self._office.now_ms())
        if wanted is shifts.Due.NOTHING:
            return False
        if wanted is shifts.Due.LOG_OUT:
            await self._office.agents.log_out(shift.agent, SHIFT)
        by = SHIFT if wanted is shifts.Due.LOG_OUT else "logged-out"
        async with self._office.database.write() as connection:
            if await shifts.end(connection, shift, by, self._office.now_ms()):
                act = Act("shift", "floor.shift-end", shift.agent, {"user": shift.user, "by": by})
                await record(connection, act, self._office.now_ms())
        return wanted is shifts.Due.LOG_OUT

    async def _remember_session(self, shift: Shift) -> None:
        async with self._office.database.write() as connection:
            session = await read_session(connection, shift.agent)
            if session is not None:
                await shifts.remember_session(connection, shift, round(session.logged_in * 1000))
