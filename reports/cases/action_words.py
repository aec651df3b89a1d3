"""How corrective actions are written for people."""

from dataclasses import asdict

from followups.faults.corrective import Scope
from followups.faults.corrective_desk import Action, ActionView
from foundation.text import number_text
from reports.cases.names import CaseNames


def action_state(one: Action) -> str:
    """open, mended or closed."""
    return "closed" if one.closed_ms is not None else "mended" if one.mended_ms is not None else "open"


def tell_scope(scope: Scope, names: CaseNames) -> str:
    return " · ".join(names.of(kind, name) for kind, name in asdict(scope).items() if name is not None)


def tell_effect(view: ActionView, names: CaseNames) -> str:
    """What the mending did."""
    effect = view.effect
    if effect is None:
        return names.texts("action.effect.not_mended")
    if effect.ratio is None:
        return names.texts("action.effect.too_little", before=_weeks(effect.before), after=_weeks(effect.after))
    return names.texts(
        f"action.effect.{'proved' if effect.is_proved else 'open'}", before=_mean(effect.before, names),
        after=_mean(effect.after, names), ratio=_two(effect.ratio.value, names), low=_two(effect.ratio.low, names),
        high=_two(effect.ratio.high, names), weeks=len(effect.after),
    )


def _weeks(counts: tuple[int, ...]) -> str:
    return " ".join(map(str, counts)) or "–"


def _mean(counts: tuple[int, ...], names: CaseNames) -> str:
    return number_text(sum(counts) / len(counts), names.language, 1)


def _two(value: float, names: CaseNames) -> str:
    return number_text(value, names.language, 2)
