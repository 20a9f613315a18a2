"""``tdad doctor`` against servers that are well and servers that are not."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tdad.agent.client.exam import PAYLOAD
from tdad.answers_doctor import Health
from tdad.config import Config, ModelEndpoint
from tdad.workflows.doctor import diagnose
from tdad.workflows.project import Project, open_project
from tests.servers.answers import Body, Says
from tests.servers.dialects import LLAMA_CPP, LM_STUDIO, OLLAMA, SGLANG, VLLM
from tests.servers.scripted import ScriptedServer

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "schemas" / "doctor-1.schema.json"
NOTE = ("note", {"title": "probe", "text": PAYLOAD})
WELL = [Says("", "", [NOTE]), Says("Done.")]
AS_TEXT = (
    "<tool_call>\n<function=note>\n<parameter=title>\nprobe\n</parameter>\n<parameter=text>\n"
    f"{PAYLOAD}\n</parameter>\n</function>\n</tool_call>"
)


@pytest.fixture
def project(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return open_project(tmp_path)


def checks(report):
    (server,) = report.servers
    return {check.name: check for check in server.checks}


@pytest.mark.parametrize(
    "dialect", [VLLM, SGLANG, LLAMA_CPP, OLLAMA, LM_STUDIO], ids=lambda d: d.name
)
def test_a_server_that_is_well(project, dialect):
    with ScriptedServer(WELL, dialect=dialect) as server:
        report = diagnose(project, base_url=server.url)
    assert {check.health for check in checks(report).values()} == {Health.GOOD}
    assert list(checks(report)) == [
        "server",
        "model",
        "context",
        "tool call",
        "speed",
        "second turn",
        "thinking",
    ]
    assert report.servers[0].usable
    assert checks(report)["tool call"].found.endswith("came back unchanged")


def test_the_project_is_looked_at_too(project, tmp_path):
    with ScriptedServer(WELL) as server:
        report = diagnose(project, base_url=server.url)
        assert [check.name for check in report.project] == ["git", "interpreter", "map", "sandbox"]
        assert {check.name: check.health for check in report.project}["map"] is Health.POOR
        (tmp_path / "b").mkdir()
        elsewhere = Project(tmp_path / "b", Config(python="/no/such/python"), tmp_path)
        bad = {check.name: check for check in diagnose(elsewhere, base_url=server.url).project}
    assert bad["interpreter"].health is Health.BAD
    assert "tdad record --python PATH" in bad["interpreter"].found


UNWELL = {
    "no tools in vLLM": (
        VLLM,
        [
            Body(
                {"error": {"message": '"auto" tool choice requires --enable-auto-tool-choice'}},
                400,
            ),
            Says(AS_TEXT),
            Says("Done."),
        ],
        ("tool call", Health.POOR, "--enable-auto-tool-choice --tool-call-parser qwen3_coder"),
    ),
    "no parser in SGLang": (
        SGLANG,
        [Says(AS_TEXT), Says("Done.")],
        ("tool call", Health.POOR, "--tool-call-parser qwen3_coder --reasoning-parser qwen3"),
    ),
    "no --jinja": (
        LLAMA_CPP,
        [Says("I cannot call tools."), Says("I cannot.")],
        ("tool call", Health.BAD, "--jinja"),
    ),
    "tools passed over": (
        LLAMA_CPP,
        [Says("I cannot call tools."), Says(AS_TEXT), Says("Done.")],
        ("tool call", Health.POOR, 'tools = "text" in [[tool.tdad.models]]'),
    ),
    "thoughts as text": (
        VLLM,
        [WELL[0], Says("Hm.\n</think>\n\nDone.")],
        ("thinking", Health.POOR, "--reasoning-parser qwen3"),
    ),
    "markup lost": (
        LM_STUDIO,
        [
            Says(calls=[("note", {"title": "x", "text": PAYLOAD.replace("<", "&lt;")})]),
            Says("Done."),
        ],
        ("tool call", Health.POOR, "a larger model, or less quantisation"),
    ),
    "value lost": (
        VLLM,
        [Says(calls=[("note", {"title": "x"})]), Says("No."), Says("Done.")],
        ("tool call", Health.BAD, "--tool-call-parser qwen3_coder"),
    ),
    "history refused": (
        OLLAMA,
        [WELL[0], *[Body({"error": {"message": "invalid tool call arguments"}}, 500)] * 2],
        ("second turn", Health.BAD, "tools"),
    ),
    "template": (
        LLAMA_CPP,
        [WELL[0], Body({"error": {"message": "Unexpected message role."}}, 500)],
        ("second turn", Health.BAD, ""),
    ),
    "overloaded": (
        VLLM,
        [Body({"error": {"message": "n must be 1"}}, 400)],
        ("tool call", Health.BAD, ""),
    ),
}


@pytest.mark.parametrize(("dialect", "script", "expected"), UNWELL.values(), ids=UNWELL)
def test_what_is_wrong_comes_with_what_to_type(project, dialect, script, expected):
    name, health, remedy = expected
    with ScriptedServer(script, dialect=dialect) as server:
        check = checks(diagnose(project, base_url=server.url))[name]
    assert check.health is health
    assert remedy in check.remedy


@pytest.mark.parametrize(
    ("dialect", "pages", "health", "remedy"),
    [
        (
            LLAMA_CPP,
            {"/props": {"default_generation_settings": {"n_ctx": 4096}}},
            Health.BAD,
            "-c 32768 --parallel 1 (-c is divided by --parallel)",
        ),
        (
            OLLAMA,
            {"/api/ps": {"models": [{"model": "qwen3.6-35b-a3b", "context_length": 4096}]}},
            Health.BAD,
            "OLLAMA_CONTEXT_LENGTH=32768 ollama serve",
        ),
        (OLLAMA, {"/api/ps": {}}, Health.POOR, "OLLAMA_CONTEXT_LENGTH=32768 ollama serve"),
        (
            VLLM,
            {"/v1/models": {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 20000}]}},
            Health.POOR,
            "--max-model-len 32768",
        ),
    ],
    ids=["llama.cpp", "ollama", "ollama silent", "vllm"],
)
def test_too_little_context(project, dialect, pages, health, remedy):
    with ScriptedServer(WELL, dialect=dialect, pages=pages) as server:
        check = checks(diagnose(project, base_url=server.url))["context"]
    assert (check.health, check.remedy.endswith(remedy)) == (health, True)


def test_several_endpoints_each_get_their_report(project):
    with ScriptedServer(WELL) as well, ScriptedServer() as without_script:
        endpoints = (ModelEndpoint(without_script.url), ModelEndpoint(well.url))
        both = Project(project.root, Config(models=endpoints), project.cwd)
        report = diagnose(both)
    assert [server.usable for server in report.servers] == [False, True]


def test_one_is_found_when_none_is_named(project):
    with ScriptedServer(WELL) as server:
        report = diagnose(project, ports=(server.port,))
        assert report.servers[0].base_url == server.url
    assert diagnose(project, ports=(server.port,)).looked_at == (f"127.0.0.1:{server.port}",)


def test_the_key_comes_from_the_variable_that_is_named(project):
    with ScriptedServer(WELL, key="sesame") as server:
        endpoint = ModelEndpoint(server.url, api_key_env="MY_KEY")
        configured = Project(project.root, Config(models=(endpoint,)), project.cwd)
        assert not diagnose(configured, environ={"TDAD_API_KEY": "sesame"}).servers[0].usable
        assert diagnose(configured, environ={"MY_KEY": "sesame"}).servers[0].usable


def test_whoever_listens_at_a_usual_port_gets_no_key(project):
    environ = {"TDAD_API_KEY": "sesame-sesame"}
    with ScriptedServer(WELL) as server:
        assert diagnose(project, ports=(server.port,), environ=environ).servers[0].usable
        assert "sesame" not in str([seen.headers for seen in server.seen])


def test_the_model_that_is_asked_for(project):
    with ScriptedServer(WELL) as server:
        configured = Project(
            project.root, Config(models=(ModelEndpoint(server.url),)), project.cwd
        )
        check = checks(diagnose(configured, model="other"))["server"]
    assert "has no model 'other'" in check.found


def doctor(project, *arguments):
    command = [sys.executable, "-m", "tdad", "doctor", *arguments]
    return subprocess.run(
        command, cwd=project.root, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_command(project):
    with ScriptedServer(WELL) as server:
        done = doctor(project, "--base-url", server.url, "--json")
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert document["servers"][0]["usable"]


def test_the_command_says_what_to_type_and_ends_with_4(project):
    with ScriptedServer([Says("No."), Says("No.")], dialect=LLAMA_CPP) as server:
        done = doctor(project, "--base-url", server.url)
    assert done.returncode == 4
    assert "  BAD   tool call: no call (text)\n        → start it with --jinja" in done.stdout
    assert done.stdout.endswith("\nNo usable server.\n")


def test_the_command_ends_with_1_when_only_the_project_is_unwell(project):
    (project.root / "pyproject.toml").write_text('[tool.tdad]\npython = "/no/such/python"\n')
    with ScriptedServer(WELL) as server:
        done = doctor(project, "--base-url", server.url)
    assert done.returncode == 1
    assert done.stdout.endswith("\n1 to put right.\n")


def test_nobody_answers(project):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
    done = doctor(project, "--base-url", url)
    assert done.returncode == 4
    assert "Start the server: llama-server" in done.stdout
