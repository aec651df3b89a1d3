"""The back office over HTTP, as docs/back-office.openapi.yaml has it."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, select

from back_office import answers
from back_office.answers import NotFoundError
from back_office.campaigns import RefusalError
from back_office.office import Office
from back_office.store import SESSION_SECONDS
from back_office.tables import branch

APPOINTMENT_AT = "10:20"

Person = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
Campaign = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,38}$")]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[A-Za-z0-9._-]{16,64}$")]
NationalId = Annotated[str, Field(pattern=r"^[0-9]{10}$")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IdentityBody(Body):
    national_id: NationalId
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")]


class InsuranceNumberBody(Body):
    insurance_number: Annotated[str, Field(pattern=r"^([0-9]{8}|[0-9]{10})$")]


class CertificateBody(Body):
    kind: Literal["payslip", "insurance_record", "employment"]


class AppointmentBody(Body):
    day: date


class RegistrationBody(Body):
    person: str


class MemberBody(Body):
    national_id: NationalId


class NoTokenError(Exception):
    """Who asks may not."""


@dataclass(frozen=True)
class Gate:
    """Who may come in."""

    office: Office

    async def site(self, request: Request) -> None:
        if not self.office.admits(_bearer(request)):
            raise NoTokenError

    async def association(self, request: Request) -> Row[Any]:
        found = await self.office.association(_bearer(request))
        if found is None:
            raise NoTokenError
        return found


def build_app(office: Office) -> FastAPI:
    """The application; its description is the contract's file, not one made from the code."""
    app = FastAPI(title="Back office", openapi_url=None, docs_url=None, redoc_url=None)
    gate = Gate(office)
    _add_identity(app, office, gate)
    _add_records(app, office, gate)
    _add_lookups(app, office, gate)
    _add_requests(app, office, gate)
    _add_campaigns(app, office, gate)
    _add_associations(app, office, gate)
    _add_refusals(app)
    return app


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _add_identity(app: FastAPI, office: Office, gate: Gate) -> None:
    @app.post("/v1/identity", dependencies=[Depends(gate.site)])
    async def check_identity(body: IdentityBody) -> JSONResponse:
        person = await office.prove(body.national_id, body.pin)
        if person is None:
            return JSONResponse({"error": "not_proved"}, 403)
        return JSONResponse({"person": person, "valid_seconds": SESSION_SECONDS})

    @app.post("/v1/insurance-numbers/check", dependencies=[Depends(gate.site)])
    async def check_insurance_number(body: InsuranceNumberBody) -> dict[str, str]:
        return {"status": await office.number_status(body.insurance_number)}


def _add_records(app: FastAPI, office: Office, gate: Gate) -> None:
    def of_record(path: str, tell: Callable[[Row[Any]], Any]) -> None:
        @app.get(f"/v1/people/{{person}}/{path}", dependencies=[Depends(gate.site)], name=path)
        async def record(person: Person) -> dict[str, Any]:
            return asdict(tell(await office.person(person)))

    of_record("insurance-number", answers.insurance_number)
    of_record("insurance-days", answers.insurance_days)
    of_record("expected-pension", answers.expected_pension)
    of_record("pension-payment", answers.pension_payment)
    of_record("medicine-deductions", answers.medicine_deductions)
    of_record("last-contribution", answers.last_contribution)
    of_record("dependants", answers.dependants)

    @app.get("/v1/people/{person}/benefits/{kind}", dependencies=[Depends(gate.site)])
    async def benefit(person: Person, kind: Literal["unemployment", "disability", "sickness"]) -> dict[str, Any]:
        return asdict(answers.benefit_status(await office.person(person), kind))


def _add_lookups(app: FastAPI, office: Office, gate: Gate) -> None:
    @app.get("/v1/people/{person}/employer-debt", dependencies=[Depends(gate.site)])
    async def debt(person: Person, workshop: Annotated[str, Query(pattern=r"^[0-9]{10}$")]) -> dict[str, Any]:
        found = await office.workshop(person, workshop)
        status = "owing" if found.debt_rials else "clear"
        return {"status": status, "debt_rials": found.debt_rials, "due_on": found.due_on}

    @app.get("/v1/people/{person}/prescriptions/{code}", dependencies=[Depends(gate.site)])
    async def prescription(person: Person, code: Annotated[str, Path(pattern=r"^[0-9]{5,8}$")]) -> dict[str, Any]:
        found = await office.prescription(person, code)
        return {
            "status": found.status, "issued_on": found.issued_on, "items": found.items,
            "patient_share_rials": found.patient_share_rials,
        }

    @app.get("/v1/branches/{code}", dependencies=[Depends(gate.site)])
    async def branch_hours(code: Annotated[str, Path(pattern=r"^[0-9]{1,4}$")]) -> dict[str, Any]:
        found = await office.branch(select(branch).where(branch.c.code == code))
        return {"opens": found.opens, "closes": found.closes, "telephone": found.telephone}

    @app.get("/v1/estimates/contribution", dependencies=[Depends(gate.site)])
    async def estimate(wage_rials: Annotated[int, Query(ge=1, le=10**15)]) -> dict[str, int]:
        return {"monthly_rials": answers.voluntary_contribution(wage_rials)}


def _add_requests(app: FastAPI, office: Office, gate: Gate) -> None:
    @app.post("/v1/people/{person}/certificates", status_code=201, dependencies=[Depends(gate.site)])
    async def certificate(person: Person, body: CertificateBody, key: Key) -> dict[str, str]:
        made = await office.request(person, body.kind, key)
        return {"tracking": made.tracking, "ready_on": made.ready_on}

    @app.post("/v1/people/{person}/appointments", status_code=201, dependencies=[Depends(gate.site)])
    async def appointment(person: Person, body: AppointmentBody, key: Key) -> dict[str, str]:
        made = await office.book(person, body.day, key)
        return {"tracking": made.tracking, "day": made.ready_on, "at": APPOINTMENT_AT}


def _add_campaigns(app: FastAPI, office: Office, gate: Gate) -> None:
    @app.post("/v1/campaigns/{campaign}/registrations", status_code=201, dependencies=[Depends(gate.site)])
    async def register(campaign: Campaign, body: RegistrationBody, key: Key) -> dict[str, Any]:
        return asdict(await office.register(campaign, body.person, key))

    @app.get("/v1/campaigns/{campaign}/registrations/{person}", dependencies=[Depends(gate.site)])
    async def registration(campaign: Campaign, person: Person) -> dict[str, Any]:
        return asdict(await office.registration(campaign, person))


def _add_associations(app: FastAPI, office: Office, gate: Gate) -> None:
    @app.post("/v1/association/{campaign}/registrations", status_code=201)
    async def register_member(
        campaign: Campaign, body: MemberBody, key: Key, by: Annotated[Row[Any], Depends(gate.association)],
    ) -> dict[str, Any]:
        return asdict(await office.register_member(campaign, by, body.national_id, key))

    @app.get("/v1/association/{campaign}/registrations")
    async def members(campaign: Campaign, by: Annotated[Row[Any], Depends(gate.association)]) -> dict[str, Any]:
        standing, made = await office.members(campaign, by)
        return {"province": by.province, **asdict(standing), "registrations": [asdict(one) for one in made]}


def _add_refusals(app: FastAPI) -> None:
    async def on_no_token(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"error": "no_token"}, 401, {"WWW-Authenticate": "Bearer"})

    async def on_not_found(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 404)

    async def on_refusal(_request: Request, error: Exception) -> JSONResponse:
        statuses = {"not_yours": 403, "no_campaign": 404}
        return JSONResponse({"error": str(error)}, statuses.get(str(error), 409))

    async def on_malformed(_request: Request, _error: Exception) -> JSONResponse:
        # FastAPI's own answer would repeat what was sent, and that may be a PIN.
        return JSONResponse({"error": "malformed"}, 422)

    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
        NoTokenError: on_no_token, NotFoundError: on_not_found, RefusalError: on_refusal,
        RequestValidationError: on_malformed,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
