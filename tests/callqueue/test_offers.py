"""The announcement of the callback key is on while the wait is long, and off otherwise."""

from pathlib import Path

import pytest

from callqueue.floor.state import Floor, Waiting
from callqueue.queues.offers import Offers, is_offered
from foundation.paths import Home
from foundation.settings import Queue, Settings, Sip, Trunk

CALLS_OUT = Sip(trunk=Trunk(proxy="127.0.0.1:5099"))


@pytest.mark.parametrize(("above", "estimated", "longest", "offered"), [
    (120, 121, 0.0, True),
    (120, 120, 500.0, False),
    (120, None, 121.0, True),
    (120, None, 5.0, False),
    (0, 0, 0.0, True),
])
def test_a_long_wait_is_offered(above: int, estimated: int | None, longest: float, *, offered: bool) -> None:
    assert is_offered(above, estimated, longest) is offered


def site(tmp_path: Path, sip: Sip = CALLS_OUT, **queue: object) -> tuple[Home, Offers]:
    home = Home(tmp_path)
    home.make()
    for language in ("fa", "tr", "en"):
        for key in "57":
            path = home.prompts / language / f"callback-key-{key}.alaw"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{language} {key}")
    return home, Offers(home, Settings(queues={"operator": Queue(**queue)}, sip=sip))  # type: ignore[arg-type]


def heard(home: Home, language: str) -> str | None:
    """What Asterisk would find."""
    path = home.callback_offers / "operator" / language / "offer.alaw"
    return path.read_text() if path.exists() else None


def test_it_is_switched_on_and_off_in_every_language(tmp_path: Path) -> None:
    home, offers = site(tmp_path, callback_key="7")
    for estimated, wanted in ((10, None), (500, "fa 7"), (500, "fa 7"), (20, None)):
        offers.show(Floor(), {"operator": estimated}, 0.0)
        assert heard(home, "fa") == wanted
    offers.show(Floor(waiting={"operator": (Waiting("c", "c", 100.0, None),)}), {"operator": None}, 300.0)
    assert (heard(home, "tr"), heard(home, "en")) == ("tr 7", "en 7")


def test_another_key_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    home, offers = site(tmp_path, callback_above_seconds=0)
    offers.show(Floor(), {}, 0.0)
    assert heard(home, "en") == "en 5"
    _, changed = site(tmp_path, callback_above_seconds=0, callback_key="7")
    changed.show(Floor(), {}, 0.0)
    assert heard(home, "en") == "en 7"


def test_nothing_is_offered_where_no_call_can_go_out(tmp_path: Path) -> None:
    home, offers = site(tmp_path, sip=Sip(), callback_above_seconds=0)
    offers.show(Floor(), {}, 0.0)
    assert heard(home, "en") is None
