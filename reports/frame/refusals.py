"""What a report refuses, in the reader's words: parameters and choices by the titles that forms give them.

Beside a title stands the machine's word, which is what addresses and commands take: از (from).
"""

from collections.abc import Mapping, Sequence

from foundation.catalogue import Texts
from reports.frame.parameters import ParameterError, UnknownParameterError
from reports.queues.queue import ReportError

PARAMETERS = ("parameter", "one", "other")
"""Values of a refusal that are each a parameter's name."""


def refusal_text(error: ParameterError | ReportError, texts: Texts) -> str:
    """Its own words, where the catalogue has none."""
    key = f"report.refused.{error.name}"
    return texts(key, **_told(error, texts)) if key in texts.messages else str(error)


def choice_title(name: str, choice: str, texts: Texts) -> str:
    """Of one of a parameter's choices; the choice itself, where it has none."""
    return _title(choice, texts, (f"choice.{name}", name, "figure", "column", "ivr", "outcome")) or choice


def _told(error: ParameterError | ReportError, texts: Texts) -> Mapping[str, str]:
    """What is put into the text. In English the machine's words are words."""
    values = error.values
    if texts.language == "en":
        return values
    if isinstance(error, UnknownParameterError):
        return {**values, "known": _listed([_parameter(one, texts) for one in values["known"].split(", ")], texts)}
    told = {**values, **{key: _parameter(values[key], texts) for key in PARAMETERS if key in values}}
    if "choices" in values:
        told["choices"] = _listed([_choice(values["parameter"], one, texts) for one in values["choices"].split(", ")],
                                  texts)
    if "period" in values:
        told["period"] = _choice("period", values["period"], texts)
    return told


def _parameter(name: str, texts: Texts) -> str:
    return _beside(_title(name, texts, ("parameter", "staffing.field", "outcome")), name, texts)


def _choice(name: str, choice: str, texts: Texts) -> str:
    title = choice_title(name, choice, texts)
    return _beside("" if title == choice else title, choice, texts)


def _title(name: str, texts: Texts, families: Sequence[str]) -> str:
    return next((texts(key) for family in families if (key := f"{family}.{name}") in texts.messages), "")


def _beside(title: str, word: str, texts: Texts) -> str:
    return texts("report.with-word", title=title, word=word) if title else word


def _listed(words: Sequence[str], texts: Texts) -> str:
    return texts("passport.separator").join(words)
