"""What `agent add`, `agent remove`, `queue add` and `queue remove` share."""

from collections.abc import Callable, Mapping
from typing import Any

from pasokh.live_site import LiveSite, quiet_logs
from pasokh.refusal import RefusedError
from pasokh.site_change import change_site
from pasokh.site_edit import EntryThereError, NoEntryError, NotEditableError, SectionName, with_entry, without_entry


def add_entry(section: SectionName, name: str, values: Mapping[str, Any]) -> None:
    """Add an agent or a queue to site.yaml, and to the line if it is up."""
    _change(section, name, "added", lambda text: with_entry(text, section, name, values))


def remove_entry(section: SectionName, name: str) -> None:
    """Take one out."""
    _change(section, name, "removed", lambda text: without_entry(text, section, name))


def _change(section: SectionName, name: str, done: str, edit: Callable[[str], str]) -> None:
    quiet_logs()
    site = LiveSite.open()
    file = str(site.home.settings_file)
    try:
        applied = site.run(change_site(site.home, edit))
    except EntryThereError as error:
        raise RefusedError(site.texts("site.refused.there", section=section, name=name)) from error
    except NoEntryError as error:
        raise RefusedError(site.texts("site.refused.not-there", section=section, name=name)) from error
    except NotEditableError as error:
        raise RefusedError(site.texts("site.refused.by-hand", file=file, part=str(error))) from error
    print(site.texts(f"site.done.{done}", section=section, name=name))
    print(site.texts("apply.done" if applied is not None else "site.done.later"))
