"""What reports share on the command line: the form they come in, and the site."""

import math
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from foundation.paths import Home
from foundation.settings import Settings, load_settings
from pasokh.refusal import RefusedError
from reports.frame.stores import StoreError
from reports.queues.queue import ReportError


class Form(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Format = Annotated[Form, typer.Option("--format", help="For people (table) or machines (json, csv).")]
Report = TypeVar("Report")


def site() -> tuple[Home, Settings]:
    home = Home.from_environment()
    return home, load_settings(home)


def present() -> int:
    """Epoch seconds."""
    return math.ceil(time.time())


def made(make: Callable[[], Report]) -> Report:
    """A report; what cannot be read becomes a refusal."""
    try:
        return make()
    except (ReportError, StoreError) as error:
        raise RefusedError(str(error)) from error


def write(text: str) -> None:
    sys.stdout.write(text)


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 240)
