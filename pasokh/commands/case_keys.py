"""`bin/pasokh case rotate-key`, `case check`: the keys of national IDs, and the files that cases go by."""

import typer

from followups.deadlines.notice_messages import unknown_notified
from followups.vault.rotation import rotate
from pasokh.case_site import CaseSite
from pasokh.refusal import RefusedError

app = typer.Typer()


@app.command("rotate-key")
def rotate_key() -> None:
    """Seal all national IDs anew under a new key, while the line works; run it again if it was interrupted."""
    site = CaseSite.open()
    done = site.with_database(lambda database: rotate(site.site.home, database))
    print(site.words.t("case.done.rotated", people=done.people, texts=done.texts))


@app.command("check")
def check() -> None:
    """Check subjects and units, ours and the site's own, and `followups.notify`; every fault is told with its place."""
    site = CaseSite.open()
    book = site.words.book
    if unknown := unknown_notified(book, site.site.settings):
        where = f"{site.site.home.settings_file}: {', '.join(unknown)}"
        raise RefusedError(f"{where}: no such unit; `bin/pasokh case unit list --all` shows them")
    print(f"{len(book.subjects.by_id)} subjects, {len(book.units.by_id)} units")
