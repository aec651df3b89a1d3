"""`bin/pasokh quality`: the site's scorecards and sampling rules, before evaluators meet them."""

import typer

from foundation.data_file import DataFileError
from pasokh.refusal import RefusedError
from pasokh.site import open_site
from quality.book import FOLDER
from quality.sampling import load_sampling, rules_content
from quality.scorecards import load_scorecards

app = typer.Typer(no_args_is_help=True, help="Scorecards and the rules by which conversations are drawn.")


@app.callback()
def quality() -> None:
    """Scorecards and the rules by which conversations are drawn."""


@app.command()
def check() -> None:
    """Read scorecards.yaml and sampling.yaml, and name every fault with its line."""
    site = open_site()
    folder = site.home.root / FOLDER
    try:
        cards = load_scorecards(folder / "scorecards.yaml")
        rules = load_sampling(folder / "sampling.yaml")
    except DataFileError as error:
        raise RefusedError(str(error)) from error
    for card in cards.values():
        queues = ", ".join(card.queues) or "every queue"
        title = card.titles[site.settings.site.language]
        print(f"{card.id}  version {card.version}  {len(card.questions)} questions  {queues}  {title}")
    for name, rule in rules_content(rules).items():
        print(f"{name}: {rule}")
