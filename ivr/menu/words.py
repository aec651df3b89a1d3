"""Menus in words, for the drawing and the terminal."""

from ivr.conditions import Condition
from ivr.menu.menu import (
    Alternative,
    Announce,
    CallbackAction,
    CaseAction,
    ChooseLanguage,
    EnterQueue,
    FollowupAction,
    GoMenu,
    Handled,
    ServiceAction,
    TransferAction,
    VoiceMessageAction,
)


def describe(action: Alternative) -> str:
    """An action in a few words."""
    match action:
        case GoMenu(menu=name):
            return f"→ {name}"
        case ChooseLanguage(language=language, menu=name):
            return f"{language} → {name}"
        case EnterQueue(queue=queue, priority=priority):
            return f"queue {queue}" + (f" (priority {priority})" if priority else "")
        case Announce(say=say):
            return f"say {', '.join(say)}"
        case Handled():
            return _describe_handled(action)
    return str(getattr(action, "do", ""))


def _describe_handled(action: Handled) -> str:
    match action:
        case ServiceAction(service=name):
            return f"service {name}"
        case VoiceMessageAction(box=name):
            return f"voice message to {name}"
        case CallbackAction(queue=name):
            return f"call back by {name}"
        case TransferAction(queue=queue, number=number):
            return f"transfer to {queue or number}"
        case FollowupAction() | CaseAction():
            return f"open a case on {action.subject}" if isinstance(action, CaseAction) else "follow up a case"
    return ""


def describe_condition(condition: Condition | None) -> str:
    """A condition in a few words; "" where there is none."""
    if condition is None:
        return ""
    parts = [
        f"{condition.open} open" if condition.open else "",
        f"{condition.closed} closed" if condition.closed else "",
        "" if condition.holiday is None else "holiday" if condition.holiday else "no holiday",
        f"from {', '.join(condition.provinces)}" if condition.provinces else "",
        f"wait in {condition.wait_over.queue} over {condition.wait_over.seconds} s" if condition.wait_over else "",
        f"called within {condition.called_within_hours:g} h" if condition.called_within_hours else "",
    ]
    return "if " + " and ".join(part for part in parts if part)
