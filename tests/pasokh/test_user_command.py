"""`bin/pasokh user` and `token`, as typed; and what the first start says of the web pages."""

import asyncio
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from foundation.database import MAIN, Database
from foundation.paths import CHECKOUT, Home
from foundation.web.audit_log import Wanted, read_audit
from pasokh.commands import token as token_command
from pasokh.commands import user as user_command
from pasokh.refusal import RefusedError
from pasokh.site import open_site
from pasokh.web_front import first_lines, trust_lines, web_address
from tests.support.stores import make_tables


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    monkeypatch.setenv("PASOKH_HOME", str(home.root))
    home.settings_file.write_text((CHECKOUT / "foundation" / "site.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    asyncio.run(_with_tables(home))
    return home


async def _with_tables(home: Home) -> None:
    database = Database(f"sqlite+aiosqlite:///{home.database / 'main.sqlite'}")
    await make_tables(database, MAIN)
    await database.close()


def typed(*words: str) -> str:
    app = token_command.app if words[0] == "token" else user_command.app
    answer = CliRunner().invoke(app, words[1:])
    if isinstance(answer.exception, RefusedError):
        return f"refused: {answer.exception}"
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_users_are_added_listed_changed_locked_and_given_passwords(home: Home) -> None:
    made = typed("user", "add", "boss", "--role", "administrator")
    assert re.fullmatch(r"boss: password (\w{4}-){3}\w{4} \(shown only now\)\n", made)
    typed("user", "add", "mina", "--role", "agent,manager", "--agent", "a101", "--name", "Mina Rezaei")
    shown = typed("user", "list")
    assert re.search(r"mina +Mina Rezaei +agent, manager +a101 +waiting", shown)
    typed("user", "roles", "mina", "--role", "agent")
    assert re.search(r"mina +Mina Rezaei +agent +a101", typed("user", "list")), "the agent stays"
    typed("user", "roles", "mina", "--role", "agent", "--agent", "")
    assert re.search(r"mina +Mina Rezaei +agent +- ", typed("user", "list"))
    typed("user", "lock", "mina")
    assert re.search(r"mina .* locked", typed("user", "list"))
    typed("user", "unlock", "mina")
    assert "password" in typed("user", "password", "mina")
    assert typed("user", "sign-out", "mina") == "mina: 0 sessions ended\n"
    assert "browser" in typed("user", "sessions")


def test_what_cannot_be_is_refused_in_words(home: Home) -> None:
    typed("user", "add", "boss", "--role", "administrator")
    assert typed("user", "add", "boss") == "refused: The user name boss is taken."
    assert "there is no role 'king'" in typed("user", "add", "mina", "--role", "king")
    assert "there is no agent 'a999'" in typed("user", "add", "mina", "--agent", "a999")
    assert "only administrator" in typed("user", "lock", "boss")
    assert "no user ghost" in typed("user", "password", "ghost")


def test_tokens_are_made_listed_and_revoked(home: Home) -> None:
    typed("user", "add", "mina", "--role", "manager")
    made = typed("token", "add", "mina", "--title", "wall", "--role", "manager", "--days", "30")
    assert re.fullmatch(r"pasokh_[0-9a-f]{8}_\S{43}\n", made)
    token_id = made.split("_")[1]
    assert re.search(rf"{token_id} +mina +wall +manager", typed("token", "list"))
    assert "does not have these roles: auditor" in typed("token", "add", "mina", "--title", "x", "--role", "auditor")
    assert typed("token", "revoke", token_id) == f"{token_id}: revoked\n"
    assert token_id not in typed("token", "list")
    assert "no token" in typed("token", "revoke", token_id)


def test_the_audit_log_names_who_typed_a_command(home: Home) -> None:
    typed("user", "add", "mina", "--role", "manager")
    database = Database(f"sqlite+aiosqlite:///{home.database / 'main.sqlite'}")
    entry = asyncio.run(read_audit(database, Wanted()))[0]
    asyncio.run(database.close())
    assert entry.act.actor.startswith("command:")
    assert (entry.act.action, entry.act.subject) == ("user.add", "mina")


def test_the_first_start_makes_an_administrator_only_where_a_person_reads_it(home: Home) -> None:
    site = open_site()
    assert "bin/pasokh user add" in first_lines(site, with_password=False)[0]
    said = first_lines(site, with_password=True)[0]
    assert re.search(r"as admin, password (\w{4}-){3}\w{4}", said)
    assert first_lines(site, with_password=True) == first_lines(site, with_password=False) == []


def test_without_a_database_the_start_goes_on_without_a_word(home: Home) -> None:
    (home.database / "main.sqlite").unlink()
    assert first_lines(open_site(), with_password=True) == []


def test_the_address_and_what_to_trust_are_said(home: Home) -> None:
    site = open_site()
    assert re.fullmatch(r"https://[0-9.]+:8443/", web_address(site.settings))
    lines = trust_lines(site)
    assert str(home.certificates / "authority.pem") in lines[0]
    assert re.search(r"SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}", lines[1])
