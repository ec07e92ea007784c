"""The system calls a locked worker may make; everything else kills it. The filter is built here, in classic BPF.

The list was made by running every decoder and keeping what they called. Numbers are those of the kernel's tables
(arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
"""

import ctypes
import errno
import platform
import struct

__all__ = ["WORKER_SOCKET", "build_filter", "install_filter", "is_known_machine"]

# The worker's end of its socket: what may be written goes here.
WORKER_SOCKET = 3
_STDERR = 2

_CLONE_THREAD = 0x00010000
_PROT_EXEC = 0x4

_RET_KILL_PROCESS = 0x80000000
_RET_ERRNO = 0x00050000
_RET_ALLOW = 0x7FFF0000

# Opcodes of classic BPF (linux/bpf_common.h): load a word, jump if equal, if not less, if any bit is set, return.
_LD_ABS, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
# Offsets in struct seccomp_data; of an argument, only the lower half is looked at: flags and descriptors fit in it.
_NR, _ARCH, _ARGS = 0, 4, 16

_SET_MODE_FILTER, _FLAG_TSYNC = 1, 1

# (number on x86-64, number on aarch64); None where the machine has no such call.
_ALLOWED = {
    "futex": (202, 98),
    "pread64": (17, 67),
    "preadv": (295, 69),
    "preadv2": (327, 286),
    "read": (0, 63),
    "lseek": (8, 62),
    "close": (3, 57),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "clock_gettime": (228, 113),
    "gettimeofday": (96, 169),
    "getrandom": (318, 278),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "set_robust_list": (273, 99),
    "rseq": (334, 293),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
# Libraries ask these on ordinary ways and go on when refused: killing would turn sound pictures into crashes.
_REFUSED = {
    "open": (2, None),
    "openat": (257, 56),
    "stat": (4, None),
    "lstat": (6, None),
    "fstat": (5, 80),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "ioctl": (16, 29),
    "prctl": (157, 167),
    "sysinfo": (99, 179),
    "uname": (63, 160),
}
# glibc falls back to clone, whose flags a filter can see; clone3 hides them behind a pointer.
_CLONE3 = (435, 435)
_CLONE = (56, 220)
_MMAP, _MPROTECT = (9, 222), (10, 226)
_WRITE, _RECVMSG = (1, 64), (47, 212)
# What only a process that looks into containers may do: make memory, seal it, and send it to its parent.
_MEMFD_CREATE, _FCNTL, _SENDMSG = (319, 279), (72, 25), (46, 211)
# fcntl.h: the one thing that may be done to a descriptor.
_F_ADD_SEALS = 1033

_MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}


def is_known_machine(machine: str) -> bool:
    """Whether there is a table of system calls for a machine, as `platform.machine()` names it."""
    return machine in _MACHINES


def build_filter(machine: str, *, is_reader: bool = False) -> bytes:
    """Build the filter for a machine.

    Args:
        machine: `x86_64` or `aarch64`.
        is_reader: For a process that looks into containers instead of decoding.

    Returns:
        Instructions of classic BPF, each `struct sock_filter`.

    Raises:
        OSError: There is no table for this machine.
    """
    if machine not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {machine}")
    column, audit_arch, _ = _MACHINES[machine]
    program = [
        # A process may call through another architecture's table, where numbers mean other things.
        (_LD_ABS, 0, 0, _ARCH),
        (_JEQ, 1, 0, audit_arch),
        (_RET, 0, 0, _RET_KILL_PROCESS),
        (_LD_ABS, 0, 0, _NR),
    ]
    if is_reader:
        program += _reader_rules(column)
    program += _when(_RECVMSG[column], _only_parent)
    program += _when(_WRITE[column], _not_below_stderr)
    for numbers in (_MMAP, _MPROTECT):
        program += _when(numbers[column], _never_executable)
    for name_numbers in _ALLOWED.values():
        program += _when(name_numbers[column], [(_RET, 0, 0, _RET_ALLOW)])
    for refused_numbers in _REFUSED.values():
        program += _when(refused_numbers[column], [(_RET, 0, 0, _RET_ERRNO | errno.EACCES)])
    program += _when(_CLONE[column], _only_threads)
    program += _when(_CLONE3[column], [(_RET, 0, 0, _RET_ERRNO | errno.ENOSYS)])
    program.append((_RET, 0, 0, _RET_KILL_PROCESS))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


_Program = list[tuple[int, int, int, int]]


def _reader_rules(column: int) -> _Program:
    """What a reader may do beside the rest; the first rule for a call counts."""
    program = _when(_MEMFD_CREATE[column], [(_RET, 0, 0, _RET_ALLOW)])
    program += _when(_FCNTL[column], _only_seals)
    return program + _when(_SENDMSG[column], _only_parent)


def _when(number: int | None, block: _Program) -> _Program:
    return [] if number is None else [(_JEQ, 0, len(block), number), *block]


def _argument(index: int) -> tuple[int, int, int, int]:
    return (_LD_ABS, 0, 0, _ARGS + 8 * index)


# Answers go to the parent; a library's warnings go to /dev/null, where the worker's stderr leads. What else a process
# is given is open for reading only or sealed, or a socket on which ranges of a member are asked for and given.
_not_below_stderr: _Program = [
    _argument(0),
    (_JGE, 1, 0, _STDERR),
    (_RET, 0, 0, _RET_ERRNO | errno.EBADF),
    (_RET, 0, 0, _RET_ALLOW),
]
_only_parent: _Program = [
    _argument(0),
    (_JEQ, 1, 0, WORKER_SOCKET),
    (_RET, 0, 0, _RET_ERRNO | errno.EBADF),
    (_RET, 0, 0, _RET_ALLOW),
]
_only_seals: _Program = [
    _argument(1),
    (_JEQ, 1, 0, _F_ADD_SEALS),
    (_RET, 0, 0, _RET_ERRNO | errno.EACCES),
    (_RET, 0, 0, _RET_ALLOW),
]
# Nothing that a file brought along is ever run.
_never_executable: _Program = [
    _argument(2),
    (_JSET, 0, 1, _PROT_EXEC),
    (_RET, 0, 0, _RET_ERRNO | errno.EACCES),
    (_RET, 0, 0, _RET_ALLOW),
]
_only_threads: _Program = [
    _argument(0),
    (_JSET, 0, 1, _CLONE_THREAD),
    (_RET, 0, 0, _RET_ALLOW),
    (_RET, 0, 0, _RET_KILL_PROCESS),
]


class _SockFprog(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def install_filter(*, is_reader: bool = False) -> None:
    """Lock every thread of this process, for good. `no_new_privs` must be set.

    Raises:
        OSError: The kernel cannot, or there is no table for this machine.
    """
    machine = platform.machine()
    program = build_filter(machine, is_reader=is_reader)
    libc = ctypes.CDLL(None, use_errno=True)
    fprog = _SockFprog(len(program) // 8, program)
    call = _MACHINES[machine][2]
    result = libc.syscall(call, _SET_MODE_FILTER, _FLAG_TSYNC, ctypes.byref(fprog))
    if result != 0:
        # A positive result names a thread that could not be locked.
        code = ctypes.get_errno() if result < 0 else errno.EBUSY
        raise OSError(code, "seccomp refused the filter")
