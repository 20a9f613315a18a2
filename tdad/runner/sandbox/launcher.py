"""Confine this process, then become the command. Run by path with ``python -I -S``: standard library only.

    launcher.py ORDER COMMAND [ARGUMENT …]

``ORDER`` is JSON: ``steps`` (see ``main``), ``writable``, ``hidden``, ``limits``. A step that
fails ends the launcher with 125 before anything of the target runs: weaker confinement is chosen by tdad, never here.

It is a program of its own because what happens between fork and exec in a threaded process must not be Python.
Numbers are those of the kernel's headers: sched.h, landlock.h, prctl.h, capability.h and sockios.h of linux/.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
import time

FAILED = 125
"""Exit code when the confinement could not be set up, as ``docker run`` and ``timeout`` have it."""

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x08000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_NOATIME = 32, 1024
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
SYS_LANDLOCK_CREATE, SYS_LANDLOCK_ADD, SYS_LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_VERSION, RULE_PATH = 1, 1
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1

# Landlock: every right that changes something. Reading and executing stay free.
WRITE_FILE, REMOVE_DIR, REMOVE_FILE = 1 << 1, 1 << 4, 1 << 5
MAKE_ANY = (1 << 6) | (1 << 7) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 11) | (1 << 12)
REFER, TRUNCATE = 1 << 13, 1 << 14
TCP_BIND_CONNECT, SCOPE_SIGNALS_AND_SOCKETS = 3, 3
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a file system of its own where namespaces are
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/tty", "/dev/random", "/dev/urandom")

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Confine, and execute.

    Steps: ``namespaces`` (users, mounts, network, processes), ``landlock`` (writes), ``tcp`` (with it: no TCP),
    ``reap`` (orphans end with the command), ``deaf`` (signals that ask to end are ignored), ``listen`` (the reverse).
    """
    order = json.loads(arguments[0])
    command = arguments[1:]
    steps = order["steps"]
    try:
        _limit(order.get("limits", {}))
        if "deaf" in steps:
            _only_the_command_ends()
        elif "listen" in steps:
            _as_before(dict.fromkeys(ASKING, signal.SIG_DFL))
        if "namespaces" in steps:
            _namespaces(order)
            _within_a_new_process_tree()
        elif "reap" in steps:
            _reap()
        if "landlock" in steps:
            _landlock(order["writable"], shut_tcp="tcp" in steps)
    except OSError as error:
        sys.stderr.write(f"tdad: cannot confine: {error}\n")
        os._exit(FAILED)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell on purpose
    except OSError as error:
        sys.stderr.write(f"tdad: {command[0]}: {error.strerror}\n")
        os._exit(127)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def _limit(limits: dict[str, int | None]) -> None:
    for name, wanted in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is None or wanted is None:
            continue
        _, hard = resource.getrlimit(number)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        try:
            resource.setrlimit(number, (limit, limit))
        except (ValueError, OSError):  # macOS does not enforce every limit
            if sys.platform == "linux":
                raise


def _namespaces(order: dict[str, list[str]]) -> None:
    """Own users, mounts, network with only loopback, IPC and (for children) processes; no capabilities left."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWPID
    _check(libc.unshare(flags), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")
    _loopback_up()
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    _protect(order["protected"], order["writable"])
    for path in order["hidden"]:
        if os.path.isdir(path):
            _mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV)
        else:
            _mount("/dev/null", path, None, MS_BIND)
    _mount("tmpfs", SHARED_MEMORY, "tmpfs", MS_NOSUID | MS_NODEV)


def _protect(protected: list[str], writable: list[str]) -> None:
    """Mount folders over themselves without the right to write; what is writable inside stays so."""
    for path in writable:
        if any(path.startswith(each + os.sep) for each in protected):
            _mount(path, path, None, MS_BIND)
    for path in protected:
        _mount(path, path, None, MS_BIND | MS_REC)
        # flags that the file system was mounted with may not be taken away in here
        kept = os.statvfs(path).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME)
        _mount(None, path, None, MS_BIND | MS_REMOUNT | MS_RDONLY | kept)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _mount(source: str | None, target: str, kind: str | None, flags: int) -> None:
    encoded = [None if each is None else os.fsencode(each) for each in (source, target, kind)]
    _check(libc.mount(*encoded, ctypes.c_ulong(flags), None), f"mount {target}")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack("16sH22x", answer)[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


def _within_a_new_process_tree() -> None:
    """Fork into the new process namespace; return only in the process that is to become the command.

    The first process of the namespace is an init of our own: when it ends, the kernel ends all others, so that no child
    that called ``setsid`` outlives the run.
    """
    outside = os.getpid()
    before = _only_the_command_ends()
    init = os.fork()
    if init:
        _end_as(init)
    _check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() not in (0, outside):  # it died before we asked to be told
        os._exit(FAILED)
    try:
        _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:
        pass  # containers may forbid it; the outer /proc still shows each process itself
    command = os.fork()
    if command:
        _end_as(command)
    _as_before(before)
    _drop_capabilities()


def _only_the_command_ends() -> dict[int, object]:
    """Let signals that ask to end pass: they are sent to the whole group, so the command gets its own.

    Returns:
        What the command must set again, for what is ignored stays so in the program that is executed.
    """
    return {number: signal.signal(number, signal.SIG_IGN) for number in ASKING}


def _as_before(handlers: dict[int, object]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)  # type: ignore[arg-type] # what signal.signal gave


def _end_as(child: int) -> None:
    """Reap until ``child`` ended, and end as it did."""
    _become(_wait_for(child))


def _wait_for(child: int) -> int:
    """Wait status of ``child``; whatever else ends meanwhile is reaped."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return status


def _become(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        os._exit(code)
    number = -code
    # an init cannot be ended by a signal of its own: tell it as a shell would
    if os.getpid() != 1 and number not in (signal.SIGSTOP, signal.SIGTSTP):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        time.sleep(1)
    os._exit(128 + number)


def _drop_capabilities() -> None:
    """None survive exec, not even for root: what is mounted over stays so."""
    capability = 0
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1


def _reap() -> None:
    """Without a process namespace: adopt orphans of the command, and kill those that are left when it ended."""
    _check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")
    before = _only_the_command_ends()
    child = os.fork()
    if not child:
        _check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
        _as_before(before)
        return
    status = _wait_for(child)
    for _ in range(100):  # each round may set free further orphans
        left = _children()
        if not left:
            break
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
    _become(status)


def _children() -> list[int]:
    """Processes whose parent is this one."""
    found = []
    me = os.getpid()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == me:
            found.append(int(name))
    return found


def _landlock(writable: list[str], *, shut_tcp: bool) -> None:
    """Write only below ``writable``; where the kernel can, signal and talk only within."""
    version = _check(libc.syscall(SYS_LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION), "landlock")
    rights = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_ANY
    rights |= REFER if version >= 2 else 0
    rights |= TRUNCATE if version >= 3 else 0
    network = TCP_BIND_CONNECT if shut_tcp and version >= 4 else 0
    scoped = SCOPE_SIGNALS_AND_SOCKETS if version >= 6 else 0
    fields = [rights, *([network] if version >= 4 else []), *([scoped] if version >= 6 else [])]
    packed = struct.pack(f"{len(fields)}Q", *fields)
    ruleset = _check(libc.syscall(SYS_LANDLOCK_CREATE, packed, len(packed), 0), "landlock")
    for path in [*writable, SHARED_MEMORY, "/dev/pts"]:
        _allow(ruleset, path, rights)
    for path in DEVICES:
        _allow(ruleset, path, rights & (WRITE_FILE | TRUNCATE))
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    _check(libc.syscall(SYS_LANDLOCK_RESTRICT, ruleset, 0), "landlock")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = struct.pack("=Qi", rights, place)
        _check(libc.syscall(SYS_LANDLOCK_ADD, ruleset, RULE_PATH, rule, 0), f"landlock {path}")
    finally:
        os.close(place)


if __name__ == "__main__":
    main(sys.argv[1:])
