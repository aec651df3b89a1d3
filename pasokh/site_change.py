"""A change of `site.yaml` that is taken into the running line, or not made at all."""

import os
from collections.abc import Callable

from callqueue.queues.refusals import QueueRefusalError
from foundation.paths import Home
from foundation.settings import SettingsError, load_settings
from pasokh.apply import Applied, apply_settings
from pasokh.supervise import is_supervised


class WrongChangeError(QueueRefusalError):
    """The settings would be wrong."""

    name = "wrong-change"


async def change_site(home: Home, edit: Callable[[str], str]) -> Applied | None:
    """Write what `edit` makes of the file, and bring the running line to it; None: the line is not up.

    Raises:
        WrongChangeError: the settings would not be sound; the file is as it was.
        QueueRefusalError: the running line does not take them; the file is as it was.
    """
    before = home.settings_file.read_text(encoding="utf-8")
    _write(home, edit(before))
    try:
        load_settings(home)
        return await apply_settings(home) if is_supervised(home) else None
    except SettingsError as error:
        _write(home, before)
        raise WrongChangeError(faults=str(error)) from error
    except BaseException:
        _write(home, before)
        raise


def _write(home: Home, text: str) -> None:
    mode = home.settings_file.stat().st_mode & 0o777
    half = home.settings_file.with_suffix(".half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.replace(home.settings_file)
