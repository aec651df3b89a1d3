from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, RenderableType

import callqueue
from callqueue.agents.desk import AgentRefusalError, Warned
from callqueue.floor.bus import AGENTS, FLOOR_TOPIC, QUEUES
from callqueue.floor.state import AgentState
from foundation.catalogue import load_catalogue
from foundation.settings import LANGUAGES, Language, Settings
from pasokh.floor_view import FloorView, epoch

CATALOGUE = load_catalogue([Path(callqueue.__path__[0]) / "texts.yaml"])
NOW = "2026-11-22T10:00:00.000Z"
SETTINGS = Settings.model_validate({
    "queues": {"insurance": {"title": {"fa": "بیمه", "en": "Insurance"}}}, "default_queue": "insurance",
    "agents": {"a101": {"name": "Maryam", "queues": {"insurance": 0}}}, "pause_reasons": ["lunch", "gym"],
})
PICTURES: dict[str, dict[str, Any]] = {
    FLOOR_TOPIC: {"status": "live", "since": NOW, "at": NOW},
    f"{QUEUES}insurance": {
        "queue": "insurance", "longest_wait_since": "2026-11-22T09:58:35.000Z", "agents": {"paused": ["a101"]},
        "waiting": [{"call_id": "L1", "position": 1, "joined": "2026-11-22T09:58:35.000Z", "number": "***567"}],
    },
    f"{AGENTS}a101": {
        "agent": "a101", "state": "paused", "reason": "lunch", "since": "2026-11-22T09:50:00.000Z",
        "queues": {"insurance": 0}, "call": None,
    },
}


def view(language: Language = "en", later: float = 0) -> FloorView:
    return FloorView(CATALOGUE.texts(language), SETTINGS, epoch(NOW) + later)


def text_of(shown: RenderableType, width: int = 200) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(shown)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_whole_floor_is_shown_with_waits_counted_by_the_reader() -> None:
    shown = text_of(view(later=2).whole(PICTURES))
    assert "live, 13:30:00" in shown
    assert "Insurance" in shown
    assert "1:27" in shown
    assert "a101 Maryam" in shown
    assert "paused (lunch)" in shown


@pytest.mark.parametrize("language", ["fa", "tr", "en"])
def test_no_word_of_the_queues_is_cut_in_a_terminal_of_80_columns(language: Language) -> None:
    assert "…" not in text_of(view(language).queues(PICTURES), 80)


def test_persian_is_shown_in_persian_with_its_digits() -> None:
    shown = text_of(view("fa", 2).whole(PICTURES))
    assert "بیمه" in shown
    assert "۱:۲۷" in shown
    assert "توقف (ناهار)" in shown


def test_callers_of_a_queue_are_shown_in_their_order_with_masked_numbers() -> None:
    assert "***567" in text_of(view().waiting(PICTURES, "insurance"))
    assert "a101" in text_of(view().agents(PICTURES, "insurance"))
    assert "a101" not in text_of(view().agents(PICTURES, "medical"))


@pytest.mark.parametrize(("status", "later", "said"), [
    (None, 0.0, "nothing has been published"),
    ({"status": "live", "since": NOW, "at": NOW}, 4.0, "live"),
    ({"status": "live", "since": NOW, "at": NOW}, 6.0, "silent since 13:30:00"),
    ({"status": "blind", "since": NOW, "at": NOW}, 0.0, "not seen since 13:30:00"),
    ({"status": "blind", "since": None, "at": None}, 0.0, "not seen: what stands below is old; `bin/pasokh status`"),
])
def test_what_is_not_the_present_says_so(status: dict[str, Any] | None, later: float, said: str) -> None:
    pictures = {FLOOR_TOPIC: status} if status else {}
    assert said in text_of(view(later=later).status(pictures))


def test_a_pause_reason_of_the_sites_own_needs_no_translation() -> None:
    assert view("fa").pause_reason("gym") == "gym"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_refusal_and_warning_has_a_text(language: Language) -> None:
    texts = CATALOGUE.texts(language).messages
    wanted = [
        *(f"agent.state.{state}" for state in AgentState), *(f"agent.warning.{warning}" for warning in Warned),
        *(f"agent.refused.{refusal.name}" for refusal in AgentRefusalError.__subclasses__()),
        *(f"agent.pause.{reason}" for reason in [*Settings.model_fields["pause_reasons"].default, "wrap-up"]),
    ]
    assert [key for key in wanted if key not in texts] == []
