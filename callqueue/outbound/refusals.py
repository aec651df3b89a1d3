"""Why a call is not promised, placed or cancelled: one class each, with a name that stays the same on the wire."""

from typing import ClassVar

from callqueue.outbound.model import OutboundCall


class OutboundRefusalError(Exception):
    """Nothing has changed; `name` is stable and goes over the wire, `values` tell what it is about."""

    name: ClassVar[str]

    def __init__(self, **values: str) -> None:
        super().__init__(f"{self.name}: {', '.join(f'{key} {value}' for key, value in values.items())}")
        self.values = values


class NumberRefusedError(OutboundRefusalError):
    """A number that cannot or may not be called; `values` never hold more of it than its last digits."""

    name = "number-refused"


class InvalidNumberError(NumberRefusedError):
    """No telephone has such a number."""

    name = "number-not-valid"


class NotPermittedNumberError(NumberRefusedError):
    """The site's settings do not let it be called."""

    name = "number-not-permitted"


class ShortNumberError(NotPermittedNumberError):
    """Of a service, not of a person."""

    name = "number-short"


class PremiumNumberError(NotPermittedNumberError):
    name = "number-premium"


class ForeignNumberError(NotPermittedNumberError):
    name = "number-foreign"


class OwnNumberError(NotPermittedNumberError):
    """Ours."""

    name = "number-own"


class DoNotCallError(NumberRefusedError):
    """The person wants no calls."""

    name = "do-not-call"


class NoSuchQueueError(OutboundRefusalError):
    name = "no-such-queue"


class TimeNotPossibleError(OutboundRefusalError):
    """The time wished for has passed, or lies further ahead than a call is kept."""

    name = "time-not-possible"


class TooManyRequestsError(OutboundRefusalError):
    """Too many callbacks have been asked for to this number lately."""

    name = "too-many-requests"


class AlreadyPromisedError(OutboundRefusalError):
    """The number is to be called for the same queue already; `promise` is that promise."""

    name = "already-promised"

    def __init__(self, promise: OutboundCall) -> None:
        super().__init__(promise=promise.id, queue=promise.queue or "")
        self.promise = promise


class NoSuchCallError(OutboundRefusalError):
    """Nothing is promised under this id or to this number."""

    name = "no-such-call"


class AlreadyClosedError(OutboundRefusalError):
    """It is settled; `call` says how."""

    name = "already-closed"

    def __init__(self, call: OutboundCall) -> None:
        super().__init__(call=call.id, result=str(call.result))
        self.call = call


class PurposeTakenError(OutboundRefusalError):
    """Callbacks are promised, not placed."""

    name = "purpose-taken"


class ClaimLostError(OutboundRefusalError):
    """Another worker has this call now, or it is closed: it must not be dialled."""

    name = "claim-lost"
