"""pytest does not start at all, because a conftest imports the broken module: a failing repository like others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.fix_project import HARMLESS, Shop, make_shop
from tests.servers.answers import Answer, Says, Seen
from tests.servers.scripted import ScriptedServer

TORN = ("def add(self, price):", "def add(self, price:")


def _shop(folder: Path) -> Shop:
    shop = make_shop(folder)
    (shop.root / "conftest.py").write_text("import shop\n")
    shop.commit("a conftest")
    return shop


def test_what_broke_it_is_undone(tmp_path: Path) -> None:
    shop = _shop(tmp_path)
    shop.edit(TORN, HARMLESS)
    done = shop.fix("--json")
    assert done.code == 0, done.err
    document = done.document
    assert document["targets"] == ["test_shop.py"]
    assert document["patch"]["arm"] == "revert"
    assert "1 hunk" in document["patch"]["why"], "what did no harm stays"


def test_a_model_is_told_where_it_broke_and_repairs_it(tmp_path: Path) -> None:
    shop = _shop(tmp_path)
    shop.edit(TORN)
    shop.commit("broken")
    prompts: list[str] = []

    def answer(seen: Seen) -> Answer:
        prompts.append("\n".join(str(each["content"]) for each in seen.json["messages"]))
        edit: tuple[str, dict[str, Any]] = (
            "edit",
            {"path": "shop.py", "old": TORN[1], "new": TORN[0]},
        )
        return Says(calls=[edit])

    with ScriptedServer(answer) as server:
        done = shop.fix("--engine", "model", "--base-url", server.url, "--json")
    assert done.code == 0, done.err
    assert done.document["patch"]["arm"] == "model"
    assert "SyntaxError" in prompts[0]
    assert TORN[1] in prompts[0], "the definition to change is shown with its source"


def test_a_missing_package_is_not_the_codes_fault(tmp_path: Path) -> None:
    shop = _shop(tmp_path)
    shop.edit(('"""A shop."""', '"""A shop."""\nimport nothing_there'))
    done = shop.fix()
    assert done.code == 3
    assert "nothing_there" in done.err
    assert "[fix-baseline-unusable]" in done.err
