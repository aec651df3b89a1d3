"""What every page of the floor needs: who asks, as whom its desk knows him, and how it is said that a deed is done."""

import json
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from agent_softphone.supervisor_office import Supervisor
from foundation.web.guards import signed_in, visitor_of
from foundation.web.roles import Role, User
from foundation.web.site import texts_of

LOOKS = (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR)
ACTS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
Looker = Annotated[User, Depends(signed_in(*LOOKS))]
Actor = Annotated[User, Depends(signed_in(*ACTS))]


def supervisor_of(request: Request, user: User) -> Supervisor:
    roles = frozenset(role.value for role in user.roles)
    return Supervisor(user.id, user.actor, roles, user.agent, visitor_of(request).address)


def done(request: Request, key: str, **values: Any) -> Response:
    """Said in a toast; the dialog closes, and the live picture shows the rest."""
    told = {"toast": {"text": texts_of(request)(key, **values), "kind": "said"}, "floor-done": {}}
    return Response(status_code=204, headers={"hx-trigger": json.dumps(told)})
