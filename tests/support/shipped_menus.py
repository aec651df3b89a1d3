"""The menus as they are shipped, with everything there that they name."""

from ivr.menu.book import HANDLED
from ivr.menu.book import SHIPPED as FOLDER
from ivr.menu.tree import Known
from ivr.self_service.book import SHIPPED as SERVICES

SHIPPED = [FOLDER / "main.yaml"]
QUEUES = frozenset({"operator", "insurance", "medical", "pensions"})
KNOWN = Known(
    QUEUES, "operator", lambda _prompt: True, handled=frozenset(HANDLED),
    boxes=frozenset({"general", "director"}), services=frozenset(path.stem for path in SERVICES.glob("*.yaml")),
)
