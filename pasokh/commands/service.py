"""`bin/pasokh service NAME` and `bin/pasokh supervise`: what supervisor and systemd run."""

from typing import Annotated

import typer

from foundation.paths import Home
from pasokh.services import run_service
from pasokh.supervise import become_supervisor

Name = Annotated[str, typer.Argument(help="One of those that `bin/pasokh status` shows.")]


def service(name: Name) -> None:
    run_service(name)


def supervise() -> None:
    become_supervisor(Home.from_environment())
