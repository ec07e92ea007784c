"""What a decoder that was taken over might try. Each runs in a locked process of its own, after every decoder was used.

Run as a script; prints one JSON object: for each attack `refused ERRNO`, `killed SIGNAL`, or `succeeded`. With the
argument `reader` it is the lock of a process that looks into containers, after every reader has been loaded.
It calls the lock of the worker and not the worker: the shipped protocol has no way to run anything.
"""

import ctypes
import fcntl
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
from typing import Any

from unseen.darkroom.lock import lock_process
from unseen.darkroom.reading.sealing import sealed_memory
from unseen.darkroom.seccomp import WORKER_SOCKET
from unseen.darkroom.warmup import drawn_pictures, warm_up
from unseen.sources.layers import load_formats

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
# What only readers may do, turned to ends that are not theirs.
READER_ATTACKS: dict[str, Callable[[], object]] = {
    "more memory than a member": lambda: fill(os.memfd_create("x"), 2 << 20),
    "a descriptor elsewhere": lambda: socket.send_fds(socket.socket(fileno=0), [b"x"], [0]),
    "write into evidence": lambda: os.write(HELD["evidence"], b"x"),
    "duplicate by fcntl": lambda: fcntl.fcntl(0, fcntl.F_DUPFD, 20),
    "flags by fcntl": lambda: fcntl.fcntl(WORKER_SOCKET, fcntl.F_SETFL, os.O_NONBLOCK),
    "a lock by fcntl": lambda: fcntl.fcntl(HELD["evidence"], fcntl.F_SETLEASE, fcntl.F_WRLCK),
    "grow a file": lambda: os.ftruncate(HELD["evidence"], 1),
    "write at a place": lambda: os.pwrite(HELD["evidence"], b"x", 0),
    "run memory": lambda: os.execve(os.memfd_create("x"), ["x"], {}),
    "open evidence again": lambda: os.open(f"/proc/self/fd/{HELD['evidence']}", os.O_RDWR),
}
# What they need for their work.
READER_WORK = {"memfd", "send a descriptor"}
# What a reader was given: the descriptor of a file, and its socket.
HELD: dict[str, Any] = {}
_EVIDENCE_PATH = __file__


def fill(descriptor: int, size_bytes: int) -> None:
    """Write until it is enough."""
    while size_bytes > 0:
        size_bytes -= os.write(descriptor, bytes(1 << 20))


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


def attempt(action: Callable[[], object], *, is_locked: bool = True, is_reader: bool = False) -> str:
    """Run one action in a child, locked or not, and say what became of it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        code = 99
        with suppress(BaseException):
            os.dup2(theirs.fileno(), WORKER_SOCKET)
            connection = socket.socket(fileno=WORKER_SOCKET)
            if is_locked:
                lock_process(unsafe_no_sandbox=False, reader_bytes_max=1 << 20 if is_reader else None)
                if is_reader:
                    # As its parent gives it: open for reading only, and after the lock, since that closes the rest.
                    receive_evidence(connection)
            try:
                action()
                code = 0
            except OSError as error:
                code = error.errno or 98
            except MemoryError:
                code = 12
        os._exit(code)
    theirs.close()
    evidence = os.open(_EVIDENCE_PATH, os.O_RDONLY)
    # A child that was killed for its attack may be gone by now.
    with suppress(OSError):
        socket.send_fds(ours, [b"evidence"], [evidence])
    os.close(evidence)
    _, status = os.waitpid(child, 0)
    ours.close()
    if os.WIFSIGNALED(status):
        return f"killed {signal.Signals(os.WTERMSIG(status)).name}"
    code = os.waitstatus_to_exitcode(status)
    return "succeeded" if code == 0 else f"refused {code}"


def receive_evidence(connection: socket.socket) -> None:
    """Take the file that the parent sends."""
    _, ancillary, _, _ = connection.recvmsg(100, socket.CMSG_SPACE(4))
    HELD.update(evidence=int.from_bytes(ancillary[0][2][:4], sys.byteorder), connection=connection)


def read_containers() -> None:
    """What readers may do: make memory, seal it and send it, and read the evidence."""
    descriptor = sealed_memory(os.read(HELD["evidence"], 1000))
    socket.send_fds(HELD["connection"], [b"member"], [descriptor])


def attack_reader() -> None:
    """Try everything that readers could."""
    load_formats()
    attacks = {**ATTACKS, **READER_ATTACKS}
    found = {name: attempt(action, is_reader=True) for name, action in attacks.items() if name not in READER_WORK}
    found["work as usual"] = attempt(read_containers, is_reader=True)
    json.dump(found, sys.stdout)


def main() -> None:
    """Try everything."""
    if sys.argv[1:] == ["reader"]:
        attack_reader()
        return
    warm_up()
    found = {name: attempt(action) for name, action in ATTACKS.items()}
    if X86:
        found["32-bit table"] = attempt(executable_page())
    found["open a file, unlocked"] = attempt(ATTACKS["open a file"], is_locked=False)
    found["work as usual"] = attempt(run_thread)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
