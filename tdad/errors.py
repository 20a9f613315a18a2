"""What a user can put right. Each error is one sentence that ends with the next command to type.

The ``slug`` of each class heads a section of ``docs/reference/messages.md``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit codes of every command (``docs/reference/exit-codes.md``); from 4 on each command has its own meanings."""

    YES = 0
    NO = 1
    USAGE = 2
    UNDECIDED = 3
    SERVER_UNUSABLE = 4
    POLICY = 4
    FIX_BROKE_OTHERS = 5
    FIX_BUDGET_ENDED = 6
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class TdadError(Exception):
    """Base of all errors that are the answer to a bad input. ``str()`` is the sentence for the user."""

    slug: ClassVar[str] = "error"
    exit_code: ClassVar[ExitCode] = ExitCode.UNDECIDED


class UsageError(TdadError):
    """The command line does not make sense."""

    slug = "usage"
    exit_code = ExitCode.USAGE


class InterpreterNotFound(TdadError):
    """No interpreter where the user or the project said there is one."""

    slug = "interpreter-not-found"

    def __init__(self, where: str, reason: str) -> None:
        self.where = where
        self.reason = reason
        super().__init__(
            f"no Python interpreter at {where} ({reason}). Name one: tdad record --python PATH -- <pytest arguments>"
        )


class InterpreterTooOld(TdadError):
    """The interpreter of the project is older than what the recorder supports."""

    slug = "interpreter-too-old"

    def __init__(self, python: str, version: str) -> None:
        self.python = python
        self.version = version
        super().__init__(
            f"{python} is Python {version}, and recording needs 3.8 or newer."
            " Name another: tdad record --python PATH -- <pytest arguments>"
        )


class InterpreterWithoutPytest(TdadError):
    """The interpreter of the project cannot import a pytest that the recorder can use."""

    slug = "interpreter-without-pytest"

    def __init__(self, python: str, found: str | None) -> None:
        self.python = python
        self.found = found
        what = f"has pytest {found}, and recording needs 7 or newer" if found else "has no pytest"
        super().__init__(f"{python} {what}. Install it: {python} -m pip install 'pytest>=7'")


class SandboxUnavailable(TdadError):
    """``--sandbox strict`` was asked for, and this machine cannot confine a run fully."""

    slug = "sandbox-unavailable"
    exit_code = ExitCode.USAGE

    def __init__(self, layer: str, not_covered: tuple[str, ...]) -> None:
        self.layer = layer
        self.not_covered = not_covered
        super().__init__(
            f"this machine cannot confine the tests fully (best: {layer}; not covered: {', '.join(not_covered)})."
            " Install bubblewrap, or accept it: --sandbox auto"
        )


class CoverageFileUnusable(TdadError):
    """The file to import is missing, corrupt, from a newer coverage, or no coverage data file at all."""

    slug = "coverage-file-unusable"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"cannot read {path} as a coverage data file ({reason})."
            " Make one: pytest --cov --cov-context=test, then: tdad map import .coverage"
        )


class CoverageWithoutContexts(TdadError):
    """The coverage data do not tell which test executed what."""

    slug = "coverage-without-contexts"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"{path} does not say which test executed what."
            " Measure again with test contexts: pytest --cov --cov-context=test"
        )


class CoverageOutsideRoot(TdadError):
    """The coverage data are about files that are not below the project root."""

    slug = "coverage-outside-root"

    def __init__(self, path: str, root: str, example: str) -> None:
        self.path = path
        self.root = root
        self.example = example
        super().__init__(
            f"{path} measured nothing below {root} (but {example}). Give the data paths of this checkout:"
            " set [paths] in the coverage configuration, then: coverage combine --keep"
        )


class MapError(TdadError):
    """The map file cannot be used as it is. ``path`` is where it is (or should be)."""

    slug = "map"

    def __init__(self, path: str, sentence: str) -> None:
        self.path = path
        super().__init__(sentence)


class MapNotFound(MapError):
    """There is no map file."""

    slug = "map-not-found"

    def __init__(self, path: str) -> None:
        super().__init__(path, f"no test map at {path}. Build one: pytest --tdad-map")


class MapNewer(MapError):
    """A newer tdad wrote the map file."""

    slug = "map-newer"

    def __init__(self, path: str, version: int, supported: int) -> None:
        self.version = version
        self.supported = supported
        super().__init__(
            path,
            f"{path} was written by a newer tdad (schema {version}, this one knows up to {supported})."
            " Upgrade: pip install --upgrade tdad",
        )


class MapCorrupt(MapError):
    """The map file is damaged. It is never deleted."""

    slug = "map-corrupt"

    def __init__(self, path: str, detail: str) -> None:
        self.detail = detail
        super().__init__(
            path,
            f"the test map {path} is damaged ({detail}). Move it aside and record again:"
            f" mv {path} {path}.damaged && pytest --tdad-map",
        )


class MapLocked(MapError):
    """Another process kept the map file locked for longer than we wait."""

    slug = "map-locked"

    def __init__(self, path: str, waited_s: float) -> None:
        self.waited_s = waited_s
        super().__init__(
            path,
            f"another process is writing {path} (waited {waited_s:g} s)."
            " Wait for it to end, then say again what you typed; see who it is: fuser " + path,
        )


class MapReadOnly(MapError):
    """The map file or its folder cannot be written."""

    slug = "map-read-only"

    def __init__(self, path: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            path,
            f"cannot write {path} ({reason}). Make it writable: chmod u+w {path} and its folder",
        )


class NotAMap(MapError):
    """The file is not a test map: another kind of file, or another program's database."""

    slug = "not-a-map"

    def __init__(self, path: str, detail: str) -> None:
        self.detail = detail
        super().__init__(
            path,
            f"{path} is not a test map ({detail}). Move it aside and record: mv {path} {path}.other"
            " && pytest --tdad-map",
        )


class DiskFull(MapError):
    """There is no room to write; what was there before is intact."""

    slug = "disk-full"

    def __init__(self, path: str, detail: str) -> None:
        self.detail = detail
        super().__init__(
            path,
            f"no room to write {path} ({detail}); the previous map is intact. Make room: df -h, then"
            " record again: pytest --tdad-map",
        )


class ConfigUnknownKey(TdadError):
    """A key that is no setting of ours."""

    slug = "config-unknown-key"
    exit_code = ExitCode.USAGE

    def __init__(self, key: str, where: str, known: tuple[str, ...]) -> None:
        self.key = key
        self.where = where
        self.known = known
        super().__init__(
            f"unknown key {key!r} in {where}; known are {', '.join(known)}."
            " Correct it, then see what is in force: tdad --help"
        )


class ConfigInvalid(TdadError):
    """A configuration file cannot be read, or a value in it has the wrong type."""

    slug = "config-invalid"
    exit_code = ExitCode.USAGE

    def __init__(self, where: str, problem: str, line: int | None = None) -> None:
        self.where = where
        self.problem = problem
        self.line = line
        place = f"{where}:{line}" if line else where
        super().__init__(f"{place}: {problem}. Correct it, then type the command again")


class GitFailed(TdadError):
    """Git ended with an error that has no name of its own here."""

    slug = "git-failed"

    def __init__(self, command: str, detail: str) -> None:
        self.command = command
        self.detail = detail
        super().__init__(f"git failed ({detail}). See for yourself: {command}")


class GitUntrusted(TdadError):
    """Git refuses to read a repository that belongs to another user."""

    slug = "git-untrusted"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"git does not trust {path}, which belongs to another user."
            f" If you do: git config --global --add safe.directory {path}"
        )


class NotARepository(TdadError):
    """The question needs a git repository with a work tree, and there is none."""

    slug = "not-a-repository"

    def __init__(
        self,
        path: str,
        reason: str,
        instead: str = "Compare with the recorded versions instead: tdad impact",
    ) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not in a git work tree ({reason}). {instead}")


class RevisionUnknown(TdadError):
    """Git knows no commit of that name. ``nearest``: names that look like it."""

    slug = "revision-unknown"

    def __init__(self, revision: str, nearest: tuple[str, ...]) -> None:
        self.revision = revision
        self.nearest = nearest
        near = f"did you mean {' or '.join(nearest)}? " if nearest else ""
        super().__init__(
            f"no commit is called {revision!r}. {near}See which branches there are: git branch --all"
        )


class RevisionAmbiguous(TdadError):
    """The name may mean several commits, ``candidates``."""

    slug = "revision-ambiguous"

    def __init__(self, revision: str, candidates: tuple[str, ...]) -> None:
        self.revision = revision
        self.candidates = candidates
        super().__init__(
            f"{revision!r} may be {' or '.join(candidates)}. Say which by the whole name; see what it is:"
            f" git show --no-patch {candidates[0]}"
        )


class RevisionShallow(TdadError):
    """The clone is shallow and does not hold the base, or not the commit where the branch left it."""

    slug = "revision-shallow"

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"this clone is shallow and does not reach back to {revision!r} (actions/checkout needs fetch-depth: 0,"
            " GitLab GIT_DEPTH: 0). Fetch more: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"
        )


class RevisionUnrelated(TdadError):
    """The base and HEAD have no commit in common."""

    slug = "revision-unrelated"

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"{revision!r} and HEAD have no commit in common."
            f" Compare with exactly that commit: --base {revision} --exact"
        )


class PatchUnreadable(TdadError):
    """The text is no unified diff, or a damaged one. ``line`` is 1-based, 0 when it is about the whole."""

    slug = "patch-unreadable"

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        self.problem = problem
        place = f"line {line} of the patch" if line else "the patch"
        super().__init__(f"{place}: {problem}. Make a new one: git diff > change.patch")


class PatchUnsafePath(TdadError):
    """The patch names a file outside the project."""

    slug = "patch-unsafe-path"

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"the patch touches {path!r}, {reason}. Make one that stays in the project: git diff > change.patch"
        )


class PatchDoesNotApply(TdadError):
    """A hunk (1-based, 0 for the whole file) does not fit the contents it is applied to."""

    slug = "patch-does-not-apply"

    def __init__(self, path: str, hunk: int, reason: str, already: bool = False) -> None:
        self.path = path
        self.hunk = hunk
        self.reason = reason
        self.already = already
        part = f"hunk {hunk} of {path}" if hunk else path
        hint = (
            "It looks already applied; see the change that is there: tdad impact"
            if already
            else "Say what it was made against: tdad impact --patch FILE --base REV"
        )
        super().__init__(f"the patch does not apply: {part}: {reason}. {hint}")


class FileNotInProject(TdadError):
    """A file that was named is not there, or not in the project."""

    slug = "file-not-in-project"
    exit_code = ExitCode.USAGE

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}. See what is in the project: tdad index")


class OptionsExclude(UsageError):
    """Two options were given that exclude each other."""

    slug = "options-exclude"

    def __init__(self, first: str, second: str) -> None:
        self.first = first
        self.second = second
        super().__init__(
            f"{first} and {second} are two different changes. Give one: tdad impact {first}"
        )


class OptionNeedsBase(UsageError):
    """An option says how to compare with a commit, and none was named."""

    slug = "option-needs-base"

    def __init__(self, option: str) -> None:
        self.option = option
        super().__init__(
            f"{option} goes with --base. Name the commit: tdad impact --base REV {option}"
        )


class SettingMalformed(UsageError):
    """What follows ``-c`` is not ``KEY=VALUE``."""

    slug = "setting-malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"-c {text}: a setting is KEY=VALUE. For example: tdad -c limit=20 impact"
        )


class AuditBudgetMalformed(UsageError):
    """A time budget that is no time."""

    slug = "audit-budget-malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is no time. Give a number and s, m or h: tdad audit --time-budget 10m"
        )


class TimeMalformed(UsageError):
    """A time that is no time."""

    slug = "time-malformed"

    def __init__(self, option: str, text: str) -> None:
        self.text = text
        super().__init__(
            f"{option} {text!r} is no time. Give a number and s, m or h: {option} 10m"
        )


class FixContextMalformed(UsageError):
    """A number of tokens that is none."""

    slug = "fix-context-malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"--context {text!r} is no number of tokens. Give one, or one with k: tdad fix --context 32k"
        )


class FixTestUnknown(UsageError):
    """A test was named that the suite does not have."""

    slug = "fix-test-unknown"

    def __init__(self, node_id: str, near: str) -> None:
        self.node_id = node_id
        hint = f"; did you mean {near}?" if near else "."
        super().__init__(
            f"there is no test {node_id}{hint} See what there is: pytest --collect-only -q"
        )


class FixRunUnknown(UsageError):
    """There is no run of that name to go on with."""

    slug = "fix-run-unknown"

    def __init__(self, run: str, folder: str) -> None:
        self.run = run
        super().__init__(
            f"there is no run {run} in {folder} that could be resumed. See which there are: ls {folder}"
        )


class FixRunChanged(TdadError):
    """The project is not what it was when the run began, so its results say nothing about it."""

    slug = "fix-run-changed"

    def __init__(self, run: str) -> None:
        self.run = run
        super().__init__(
            f"the project has changed since run {run} began, so it cannot be resumed. Start afresh: tdad fix"
        )


class FixRunning(TdadError):
    """Another repair of the same project is going on."""

    slug = "fix-running"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"another tdad fix works on this project (it holds {path}). Wait for it, then run again: tdad fix"
        )


class FixNothingToFix(TdadError):
    """No test fails, or none fails every time."""

    slug = "fix-nothing-to-fix"

    def __init__(self, what: str) -> None:
        super().__init__(f"nothing to fix: {what}. Make a failing test first, then run: tdad fix")


class FixBaselineUnusable(TdadError):
    """The test suite does not run as the project is, so that nothing could be compared with it."""

    slug = "fix-baseline-unusable"

    def __init__(self, python: str, said: str) -> None:
        self.said = said
        super().__init__(
            f"the tests do not run in a copy of the project ({said}). See why: {python} -m pytest"
        )


class FixBudgetMissing(UsageError):
    """An endpoint on another network was named, and not how many tokens it may cost."""

    slug = "fix-budget-missing"

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            f"{url} is on another network, where tokens may cost money. Say how many at most: tdad fix --tokens 2000000"
        )


class FixNotReproduced(TdadError):
    """The model wrote no test that fails because of the issue."""

    slug = "fix-not-reproduced"
    exit_code = ExitCode.FIX_BUDGET_ENDED

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"no test was found that reproduces the issue ({why}). Write one, then run: tdad fix --test NODE_ID"
        )


class FixIssueUnreadable(UsageError):
    """The text of the issue cannot be read, or is empty."""

    slug = "fix-issue-unreadable"

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        super().__init__(
            f"{path}: {why}. Name a file with the text of the issue, or - for standard input: tdad fix --issue FILE"
        )


class FixTreeChanged(TdadError):
    """The patch was not applied: a file that it touches is no longer what it was at the start. It is kept."""

    slug = "fix-tree-changed"

    def __init__(self, path: str, patch: str) -> None:
        self.path = path
        super().__init__(
            f"{path} was changed while tdad worked, so nothing was applied. Look at the patch and apply it:"
            f" git apply {patch}"
        )


class FixBranchExists(TdadError):
    """The branch for the patch cannot be made. The patch is kept."""

    slug = "fix-branch-exists"

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(
            f"the branch {name} cannot be made ({reason}). Name another: tdad fix --branch NAME"
        )


class ImportedElsewhere(TdadError):
    """The tests do not run the project that is recorded, but another copy of it.

    That is an editable install of another folder, a plain install that is found first, another checkout on
    ``PYTHONPATH``.
    It is said at the end of a recording, which is kept. As nothing of the project's own code was seen, a change in it
    puts every test that imports it at risk, as a precaution, until it is recorded.
    """

    slug = "imported-elsewhere"

    def __init__(self, module: str, file: str, place: str, command: str) -> None:
        self.module = module
        self.file = file
        super().__init__(
            f"the tests import {module} from {file} and not from {place}, so nothing of {place} was recorded, and a"
            f" change in it will put every test that imports it at risk. Record this one: {command}"
        )


class GateRunning(TdadError):
    """Another gate of the same project is going on."""

    slug = "gate-running"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"another tdad gate works on this project (it holds {path})."
            " Wait for it, then run again: tdad gate --base REV"
        )


class GateEnvironmentFailed(TdadError):
    """The command of ``--env-command`` failed for one of the two versions."""

    slug = "gate-environment-failed"

    def __init__(self, side: str, reason: str) -> None:
        self.side = side
        super().__init__(
            f"the environment of {side} was not made ({reason}). See what it says above, and put the command right:"
            " tdad gate --env-command 'python -m venv {env} && {env}/bin/pip install -e . pytest'"
        )


class GateVerdictUnknown(UsageError):
    """``--fail-on`` names a verdict that there is not."""

    slug = "gate-verdict-unknown"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        super().__init__(
            f"there is no verdict {name!r}; known: {', '.join(known)}. Say: tdad gate --fail-on regression"
        )


class GateOutputMalformed(UsageError):
    """``--output`` is not ``FORMAT=FILE``, or there is no such format."""

    slug = "gate-output-malformed"

    def __init__(self, text: str, known: tuple[str, ...]) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is not FORMAT=FILE with one of {', '.join(known)}. Say: tdad gate --output junit=gate.xml"
        )


class GateShareMalformed(UsageError):
    """A share that is no share."""

    slug = "gate-share-malformed"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(f"--sample {text!r} is no share. Give per cent: tdad gate --sample 5%")


class AuditWrongTree(TdadError):
    """The tests of a copy would import the project from somewhere else, and never see a fault in the copy."""

    slug = "audit-wrong-tree"

    def __init__(self, name: str, where: str, python: str) -> None:
        self.name = name
        self.where = where
        super().__init__(
            f"in a copy of the project, {name} is imported from {where} instead of from the copy, so nothing can be"
            f" measured. Install the project so that PYTHONPATH goes first: {python} -m pip install -e ."
        )


class AuditNothingRan(TdadError):
    """The test suite does not run without any fault."""

    slug = "audit-nothing-ran"

    def __init__(self, python: str, said: str) -> None:
        self.said = said
        super().__init__(
            f"the tests do not run in a copy of the project ({said}). See why: {python} -m pytest"
        )


class AuditNoFaults(TdadError):
    """There is no code to put a fault into."""

    slug = "audit-no-faults"

    def __init__(self) -> None:
        super().__init__(
            "the tests execute no code of the project that could be broken. See what they execute: tdad map stats"
        )


class SchedulerMissing(TdadError):
    """A cluster was asked for, and the library for it is not installed."""

    slug = "scheduler-missing"

    def __init__(self) -> None:
        super().__init__(
            "work on a cluster needs dask.distributed. Install it: pip install 'tdad[distributed]'"
        )


class SchedulerUnreachable(TdadError):
    """Nobody answers at the address of the scheduler, or it has no workers."""

    slug = "scheduler-unreachable"

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(
            f"no cluster to work on at {address} ({reason})."
            " Start one: dask scheduler, and dask worker ADDRESS; or work here, without --scheduler: tdad audit"
        )


class AuditNoHistory(TdadError):
    """No commit that could be tried."""

    slug = "audit-no-history"

    def __init__(self, looked_at: int) -> None:
        self.looked_at = looked_at
        super().__init__(
            f"none of the last {looked_at} commits touches both code and tests. Seed faults instead: tdad audit"
        )


class AuditRunning(TdadError):
    """Another audit of the same project is going on."""

    slug = "audit-running"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"another audit of this project is running (it holds {path}). Wait for it, then run again: tdad audit"
        )


class SkillEdited(TdadError):
    """A SKILL.md is there that is not as tdad wrote it; none was written."""

    slug = "skill-edited"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"{path} was edited by hand. Overwrite it: tdad skill --force")


class ServerUnusable(TdadError):
    """The server of the model cannot be used, or no longer. ``url`` is its base URL."""

    slug = "server-unusable"
    exit_code = ExitCode.SERVER_UNUSABLE

    def __init__(self, url: str, sentence: str) -> None:
        self.url = url
        super().__init__(
            f"{sentence.rstrip('.')}. See what it can do: tdad doctor --base-url {url}"
        )


class ServerUnreachable(ServerUnusable):
    """Nobody answers at the address, or not any more."""

    slug = "server-unreachable"

    def __init__(self, url: str, reason: str, start: str) -> None:
        self.reason = reason
        self.start = start
        super().__init__(url, f"no answer from {url} ({reason}). Start the server: {start}")


class ServerNotFound(TdadError):
    """No server was named, and none answers on the usual local ports."""

    slug = "server-not-found"
    exit_code = ExitCode.SERVER_UNUSABLE

    def __init__(self, tried: tuple[str, ...], start: str) -> None:
        self.tried = tried
        self.start = start
        super().__init__(
            f"no model server answers at {', '.join(tried)}. Say where it is: tdad doctor --base-url URL; or start one:"
            f" {start}"
        )


class ServerBadAnswer(ServerUnusable):
    """The server answers, and what it answers cannot be used, several times in a row."""

    slug = "server-bad-answer"

    def __init__(self, url: str, said: str) -> None:
        self.said = said
        super().__init__(url, f"{url} gives no usable answer ({said})")


class RequestRejected(ServerUnusable):
    """The server refuses the request, and no rule of ours knows why."""

    slug = "request-rejected"

    def __init__(self, url: str, status: int, said: str) -> None:
        self.status = status
        self.said = said
        super().__init__(url, f"{url} refuses the request with {status} ({said})")


class ServerRefusesKey(TdadError):
    """The server wants an API key, or another one. Keys are read from the environment, never from a file."""

    slug = "server-refuses-key"
    exit_code = ExitCode.SERVER_UNUSABLE

    def __init__(self, url: str, said: str) -> None:
        self.url = url
        self.said = said
        super().__init__(
            f"{url} refuses the API key ({said}). Set it: export TDAD_API_KEY=..., or name its variable as api_key_env"
            f" in [[tool.tdad.models]]; then: tdad doctor --base-url {url}"
        )


class ModelNotServed(TdadError):
    """The server has no model of that name. ``nearest``: those that it has, most alike first."""

    slug = "model-not-served"
    exit_code = ExitCode.SERVER_UNUSABLE

    def __init__(self, url: str, model: str, nearest: tuple[str, ...]) -> None:
        self.url = url
        self.model = model
        self.nearest = nearest
        if nearest:
            end = f"it has {', '.join(nearest)}. Type: tdad doctor --base-url {url} --model {nearest[0]}"
        else:
            end = f"load one, then: tdad doctor --base-url {url}"
        super().__init__(f"{url} has no model {model!r}; {end}")


class BaseUrlWrong(TdadError):
    """There is a server, and not what OpenAI's protocol has at that address. ``better``: where it is."""

    slug = "base-url-wrong"
    exit_code = ExitCode.SERVER_UNUSABLE

    def __init__(self, url: str, better: str) -> None:
        self.url = url
        self.better = better
        end = (
            f"base URLs end in /v1. Type: tdad doctor --base-url {better}"
            if better
            else "see the server's documentation for its base URL, then: tdad doctor --base-url URL"
        )
        super().__init__(f"{url} is no OpenAI-compatible endpoint; {end}")


class RateLimited(ServerUnusable):
    """The server allows no more requests for longer than is worth waiting for."""

    slug = "rate-limited"

    def __init__(self, url: str, retry_after_s: float | None) -> None:
        self.retry_after_s = retry_after_s
        wait = "" if retry_after_s is None else f" for {retry_after_s:g} s"
        super().__init__(
            url, f"{url} allows no more requests{wait}. Wait, or name another endpoint"
        )


class TemplateRefused(ServerUnusable):
    """The server's chat template refuses the conversation. With an official template that is a bug in tdad."""

    slug = "template-refused"

    def __init__(self, url: str, said: str) -> None:
        self.said = said
        super().__init__(
            url,
            f"the chat template of {url} refuses the conversation ({said}). Use the template that came with the model;"
            " if it is that, please report this",
        )


class ToolsUnusable(ServerUnusable):
    """The server refuses something that is needed, and leaving it out did not help."""

    slug = "tools-unusable"

    def __init__(self, url: str, said: str, flags: str) -> None:
        self.said = said
        self.flags = flags
        super().__init__(url, f"{url} refuses what is needed ({said}). Start it with: {flags}")


class PromptTruncated(ServerUnusable):
    """The server cut the prompt and said nothing: its context is smaller than the prompt."""

    slug = "prompt-truncated"

    def __init__(self, url: str, counted: int, expected: int, flags: str) -> None:
        self.counted = counted
        self.expected = expected
        self.flags = flags
        super().__init__(
            url,
            f"{url} read {counted} tokens of a prompt of about {expected}, so its context is too small."
            f" Restart it: {flags}",
        )


class ContextExhausted(ServerUnusable):
    """The conversation does not fit into the context of the server, and nothing is left to leave out. 0: unknown."""

    slug = "context-exhausted"

    def __init__(self, url: str, context: int, flags: str) -> None:
        self.context = context
        self.flags = flags
        size = f"the {context} tokens" if context else "the context"
        super().__init__(
            url, f"the conversation does not fit into {size} of {url}. Restart it: {flags}"
        )


class ModelTooSlow(ServerUnusable):
    """No answer came to its end within the limits."""

    slug = "model-too-slow"

    def __init__(self, url: str, said: str) -> None:
        self.said = said
        super().__init__(url, f"{url} is too slow ({said}). Use a smaller model or quantisation")
