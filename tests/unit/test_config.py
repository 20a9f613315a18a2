from __future__ import annotations

from pathlib import Path

import pytest

from tdad.config import (
    Config,
    ModelEndpoint,
    PytestIni,
    distribution_names,
    find_root,
    gate_table,
    load,
    looked_into,
    pytest_ini,
    reference_table,
)
from tdad.config.toml import toml_of
from tdad.errors import ConfigInvalid, ConfigUnknownKey
from tdad.facts_gate import Level, PolicyKind


def write(root: Path, text: str, name: str = "pyproject.toml") -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    return root


def test_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, {}) == Config()


def test_command_line_over_environment_over_file_over_default(tmp_path: Path) -> None:
    write(tmp_path, '[tool.tdad]\nsource = ["../lib"]\nlimit = 1\nlines = true\nmap = "m"\n')
    config = load(tmp_path, {"TDAD_LIMIT": "2", "TDAD_LINES": "no", "TDAD_PROBE": "x"}, limit=3)
    expected = Config(source=("../lib",), limit=3, lines=False, map="m")
    assert config == Config(source=expected.source, limit=3, map="m", pytest=config.pytest)
    assert load(tmp_path, {"TDAD_LIMIT": "2"}, limit=None).limit == 2
    assert load(tmp_path, {"TDAD_SOURCE": "a:b", "TDAD_EXCLUDE": "c d"}).source == ("a", "b")


def test_unknown_key_is_named_with_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, "[tool.tdad]\nlimits = 1\n")
    with pytest.raises(ConfigUnknownKey, match=r"'limits'.*source, map, exclude") as caught:
        load(tmp_path, {})
    assert caught.value.key == "limits"


@pytest.mark.parametrize(
    "line", ['source = "x"', "source = [1]", "lines = 1", "limit = 0", "limit = true", "map = 1"]
)
def test_wrong_types(tmp_path: Path, line: str) -> None:
    write(tmp_path, f"[tool.tdad]\n{line}\n")
    with pytest.raises(ConfigInvalid, match=line.split(maxsplit=1)[0]):
        load(tmp_path, {})


@pytest.mark.parametrize("name", ["TDAD_LIMIT", "TDAD_LINES"])
def test_environment_values_are_checked_too(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigInvalid, match=name):
        load(tmp_path, {name: "many"})


def test_broken_toml_has_its_line(tmp_path: Path) -> None:
    write(tmp_path, "[tool.tdad]\nlimit = = 1\n")
    with pytest.raises(ConfigInvalid, match=r"pyproject\.toml:2: ") as caught:
        load(tmp_path, {})
    assert caught.value.line == 2
    assert find_root(tmp_path) == tmp_path


def test_root_is_the_nearest_table_then_git_then_a_project_file(tmp_path: Path) -> None:
    inner = tmp_path / "a/b/c"
    inner.mkdir(parents=True)
    write(tmp_path / "a/b", "", "setup.py")
    assert find_root(inner) == tmp_path / "a/b"
    (tmp_path / "a/.git").mkdir()
    (tmp_path / "a/.git/HEAD").write_text("ref: refs/heads/main\n")
    assert find_root(inner) == tmp_path / "a"
    write(tmp_path / "a/b", "[tool]\ntdad = {}\n")
    assert find_root(inner) == tmp_path / "a/b"


def test_a_repository_inside_a_project_is_its_own_and_a_submodule_is_not(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    write(tmp_path, "[tool.tdad.x]\n")
    assert find_root(inner) == tmp_path
    (tmp_path / "a/.git").write_text("gitdir: ../.git/modules/a\n")
    assert find_root(inner) == tmp_path
    (tmp_path / "a/.git").write_text("gitdir: /elsewhere/.git/worktrees/a\n")
    assert find_root(inner) == tmp_path / "a"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py 'it *.py'\n"),
        (".pytest.ini", "[pytest]\npython_files =\n  check_*.py\n  'it *.py'\n"),
        ("tox.ini", "[pytest]\npython_files = check_*.py 'it *.py'\n"),
        ("setup.cfg", "[tool:pytest]\npython_files = check_*.py 'it *.py'\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\npython_files = \"check_*.py 'it *.py'\"\n"),
        ("pyproject.toml", '[tool.pytest]\npython_files = ["check_*.py", "it *.py"]\n'),
        ("pytest.toml", '[pytest]\npython_files = ["check_*.py", "it *.py"]\n'),
    ],
)
def test_patterns_of_test_files_are_pytest_s(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, text, name)
    (tmp_path / "sub").mkdir()
    ini = pytest_ini(tmp_path / "sub")
    assert ini.python_files == ("check_*.py", "it *.py")
    assert ini.path == str(tmp_path / name)
    assert ini.python_classes == ("Test",)


def test_testpaths_are_relative_to_their_file_and_may_be_patterns(tmp_path: Path) -> None:
    write(tmp_path, "[tool.pytest.ini_options]\ntestpaths = ['app/tests', 'libs/*/tests']\n")
    inside = looked_into(pytest_ini(tmp_path / "app"))
    assert inside("tests/test_a.py")
    assert inside("tests/deep/test_a.py")
    assert not inside("examples/test_a.py")
    inside = looked_into(pytest_ini(tmp_path))
    assert inside("libs/one/tests/test_a.py")
    assert not inside("libs/one/test_a.py")
    assert looked_into(PytestIni())("anywhere/test_a.py")


def test_an_empty_pytest_ini_wins_and_a_broken_one_is_named(tmp_path: Path) -> None:
    write(tmp_path, "[tool.pytest.ini_options]\npython_files = 'x.py'\n")
    write(tmp_path, "", "pytest.ini")
    assert pytest_ini(tmp_path).python_files == ("test_*.py", "*_test.py")
    write(tmp_path, "no section\n", "pytest.ini")
    with pytest.raises(ConfigInvalid, match=r"pytest\.ini:1"):
        pytest_ini(tmp_path)


def test_the_reference_lists_every_key() -> None:
    page = Path(__file__).parents[2] / "docs/reference/configuration.md"
    _, _, rest = page.read_text(encoding="utf-8").partition("<!-- keys -->\n")
    assert rest.partition("<!-- end of keys -->")[0] == reference_table()


MODELS = """
[[tool.tdad.models]]
base_url = "http://127.0.0.1:8080/v1/"

[[tool.tdad.models]]
base_url = "https://models.example.com/v1"
model = "qwen"
api_key_env = "EXAMPLE_KEY"
token_budget = 1_000
"""


def test_models_come_in_order(tmp_path: Path) -> None:
    first, second = load(write(tmp_path, MODELS), {}).models
    assert first == ModelEndpoint("http://127.0.0.1:8080/v1")
    assert not first.remote
    assert second.remote
    assert (second.model, second.api_key_env, second.token_budget) == (
        "qwen",
        "EXAMPLE_KEY",
        1_000,
    )
    named = load(tmp_path, {"TDAD_MODELS": "http://box:1/v1 http://10.0.0.2:2/v1"}).models
    assert [each.base_url for each in named] == ["http://box:1/v1", "http://10.0.0.2:2/v1"]
    assert not any(each.remote for each in named)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('base_url = "https://models.example.com/v1"', "needs a token_budget"),
        ('base_url = "http://localhost/v1"\napi_key = "sk-123"', "api_key_env"),
        ('base_url = "ftp://localhost"', "base_url must be an http or https URL"),
        ('base_url = "http://localhost:x/v1"', "base_url must be"),
        ('base_url = "http://localhost/v1"\ncontext = true', "context must be a positive integer"),
        (
            'base_url = "http://localhost/v1"\napi_key_env = "sk-123"',
            "api_key_env must be the name",
        ),
        ('base_url = "http://localhost/v1"\ntools = "xml"', "tools must be native or text"),
        ('model = "x"', "an endpoint needs a base_url"),
    ],
)
def test_models_that_make_no_sense(tmp_path: Path, table: str, says: str) -> None:
    with pytest.raises(ConfigInvalid, match=says):
        load(write(tmp_path, f"[[tool.tdad.models]]\n{table}\n"), {})


def test_an_unknown_key_of_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigUnknownKey, match=r"'temperature' in .*known are base_url, model"):
        load(write(tmp_path, "[[tool.tdad.models]]\ntemperature = 1\n"), {})
    with pytest.raises(ConfigInvalid, match="list of tables"):
        load(write(tmp_path, '[tool.tdad]\nmodels = "http://localhost/v1"\n'), {})


def test_a_project_says_what_it_is_installed_as(tmp_path: Path) -> None:
    assert distribution_names(tmp_path) == frozenset()
    (tmp_path / "setup.cfg").write_text("[metadata]\nname = Shop_Server\n")
    assert distribution_names(tmp_path) == {"shop-server"}
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'shop'\n[tool.poetry]\nname = 'shop.x'\n"
    )
    assert distribution_names(tmp_path) == {"shop", "shop-x", "shop-server"}
    (tmp_path / "pyproject.toml").write_text("[project\n")
    assert distribution_names(tmp_path) == {"shop-server"}


def test_the_documentation_has_the_policies_of_the_gate() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"
    _, _, rest = page.read_text(encoding="utf-8").partition("<!-- gate keys -->\n")
    assert rest.partition("<!-- end of gate keys -->")[0] == gate_table()


def test_the_gate_has_a_table_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, '[tool.tdad.gate]\nci-edited = "fail"\nagent-labels = ["bot"]\n')
    found = load(tmp_path, {}).gate
    assert found.levels == {PolicyKind.CI_EDITED: Level.FAIL}
    assert found.signs.labels == ("bot",)
    assert load(tmp_path, {"TDAD_GATE": "ci-edited=off"}).gate.levels == {
        PolicyKind.CI_EDITED: Level.OFF
    }


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ('ci-edited = "on"', ConfigInvalid),
        ('ci = "off"', ConfigUnknownKey),
        ('agent-labels = "bot"', ConfigInvalid),
    ],
)
def test_what_the_gate_does_not_understand(tmp_path: Path, table, error) -> None:
    with pytest.raises(error):
        load(write(tmp_path, f"[tool.tdad.gate]\n{table}\n"), {})


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (None, {}),
        (b"\xef\xbb\xbfa = 1", {"a": 1}),
        (b"a = ", None),
        (b"a = '\xff'", None),
        (b"a = " + b"[" * 100_000, None),
    ],
    ids=["absent", "bom", "broken", "bytes", "nested"],
)
def test_one_version_of_a_toml_file(data: bytes | None, found: dict[str, object] | None) -> None:
    assert toml_of(data) == found
