"""What a decoder that was taken over might try. Each runs in a locked process of its own, after every decoder was used.

Run as a script; prints one JSON object: for each attack `refused ERRNO`, `killed SIGNAL`, or `succeeded`.
It calls the lock of the worker and not the worker: the shipped protocol has no way to run anything.
"""

import ctypes
import json
import mmap
import os
import platform
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress

from unseen.darkroom.lock import lock_process
from unseen.darkroom.seccomp import WORKER_SOCKET
from unseen.darkroom.warmup import drawn_pictures, warm_up

LIBC = ctypes.CDLL(None, use_errno=True)
PARENT = os.getpid()
VICTIM = os.path.join(tempfile.gettempdir(), "unseen-attack")
X86 = platform.machine() == "x86_64"


def call(number: int, *arguments: object) -> None:
    """A system call by its number."""
    if LIBC.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def executable_page() -> Callable[[], int]:
    """A page made before the lock that asks for getpid through the table of 32-bit x86."""
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    function = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    return lambda: int(function())


def numbers(x86: int, arm: int) -> int:
    """The number of a call on this machine."""
    return x86 if X86 else arm


ATTACKS: dict[str, Callable[[], object]] = {
    "open a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "create a file": lambda: os.open(VICTIM, os.O_CREAT | os.O_WRONLY),
    "list a folder": lambda: os.listdir("/"),
    "look at a file": lambda: os.stat("/etc/passwd"),
    "delete": lambda: os.unlink(VICTIM),
    "make a folder": lambda: os.mkdir(VICTIM),
    "change mode": lambda: os.chmod("/etc/passwd", 0o600),
    "link": lambda: os.symlink("/etc/passwd", VICTIM),
    "internet socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
    "unix socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
    "connect": lambda: call(numbers(42, 203), WORKER_SOCKET, b"\0" * 16, 16),
    "socket pair": socket.socketpair,
    "send a descriptor": lambda: socket.send_fds(socket.socket(fileno=WORKER_SOCKET), [b"x"], [0]),
    "fork": os.fork,
    "vfork": lambda: call(58) if X86 else os.fork(),
    "clone a process": lambda: call(numbers(56, 220), signal.SIGCHLD, 0, 0, 0, 0),
    "clone3": lambda: call(435, b"\0" * 88, 88),
    "execve": lambda: os.execv("/bin/true", ["true"]),
    "execveat": lambda: call(numbers(322, 281), 0, b"", 0, 0, 0x1000),
    "ptrace": lambda: call(numbers(101, 117), 16, PARENT, 0, 0),
    "read another's memory": lambda: call(numbers(310, 270), PARENT, 0, 0, 0, 0, 0),
    "kill the parent": lambda: os.kill(PARENT, 0),
    "signal a thread": lambda: call(numbers(234, 131), PARENT, PARENT, 0),
    "pidfd": lambda: call(434, PARENT, 0),
    "io_uring": lambda: call(425, 8, b"\0" * 120),
    "memfd": lambda: os.memfd_create("x"),
    "unshare": lambda: call(numbers(272, 97), 0x10000000),
    "mount": lambda: call(numbers(165, 40), b"none", b"/", b"tmpfs", 0, 0),
    "bpf": lambda: call(numbers(321, 280), 0, 0, 0),
    "perf": lambda: call(numbers(298, 241), 0, 0, 0, 0, 0),
    "userfaultfd": lambda: call(numbers(323, 282), 0),
    "keyring": lambda: call(numbers(250, 219), 0, 0, 0, 0, 0),
    "become dumpable": lambda: call(numbers(157, 167), 4, 1, 0, 0, 0),
    "raise a limit": lambda: call(numbers(302, 261), 0, 7, b"\xff" * 16, 0),
    "ioctl": lambda: call(numbers(16, 29), 0, 0x5412, b"x"),
    "executable memory": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "write elsewhere": lambda: os.write(0, b"x"),
    "listen": lambda: call(numbers(50, 201), WORKER_SOCKET, 1),
    "open by handle": lambda: call(numbers(304, 265), 0, b"\0" * 16, 0),
    "another seccomp filter": lambda: call(numbers(317, 277), 1, 0, b"\0" * 16),
    "a gigabyte too many": lambda: bytearray(5 << 30),
}
if X86:
    ATTACKS["x32 table"] = lambda: call(0x40000000 | 2, b"/etc/passwd", 0)


def run_thread() -> None:
    """What decoders may do: threads, memory, and pictures as before."""
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    warm_up()
    if not drawn_pictures():
        raise AssertionError


def attempt(action: Callable[[], object], *, is_locked: bool = True) -> str:
    """Run one action in a child, locked or not, and say what became of it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        code = 99
        with suppress(BaseException):
            os.dup2(theirs.fileno(), WORKER_SOCKET)
            if is_locked:
                lock_process(unsafe_no_sandbox=False)
            try:
                action()
                code = 0
            except OSError as error:
                code = error.errno or 98
            except MemoryError:
                code = 12
        os._exit(code)
    theirs.close()
    _, status = os.waitpid(child, 0)
    ours.close()
    if os.WIFSIGNALED(status):
        return f"killed {signal.Signals(os.WTERMSIG(status)).name}"
    code = os.waitstatus_to_exitcode(status)
    return "succeeded" if code == 0 else f"refused {code}"


def main() -> None:
    """Try everything."""
    warm_up()
    found = {name: attempt(action) for name, action in ATTACKS.items()}
    if X86:
        found["32-bit table"] = attempt(executable_page())
    found["open a file, unlocked"] = attempt(ATTACKS["open a file"], is_locked=False)
    found["work as usual"] = attempt(run_thread)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
