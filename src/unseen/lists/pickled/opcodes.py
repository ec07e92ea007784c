"""Reads what a pickle describes, without making it: no class is looked up, nothing is called, no module is imported.

A pickle is a program for a small machine with a stack. Here only those of its instructions are known that put values
together; of classes and calls only the names are kept. Source of the format: `pickletools`, which documents each.
"""

import pickletools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias

__all__ = ["BadPickleError", "Called", "Made", "Named", "describe"]

# Dictionaries in lists in objects; what python-threatexchange writes has a dozen.
_MARKS_MAX = 64
# Modules that a state names besides python-threatexchange's own, and what of them.
_HARMLESS = {
    "builtins": frozenset({"set", "frozenset", "getattr", "list", "dict", "tuple", "int", "str", "object"}),
    "__builtin__": frozenset({"set", "frozenset", "getattr", "list", "dict", "tuple", "int", "str", "object"}),
    "copyreg": frozenset({"_reconstructor", "__newobj__"}),
    "copy_reg": frozenset({"_reconstructor", "__newobj__"}),
    "collections": frozenset({"OrderedDict", "defaultdict"}),
    # What a delta says of its own types.
    "_operator": frozenset({"getitem"}),
    "operator": frozenset({"getitem"}),
    "typing": frozenset(
        {"Any", "Dict", "FrozenSet", "List", "Mapping", "Optional", "Sequence", "Set", "Tuple", "Union"}
    ),
}
_OWN = "threatexchange"
# Of what is noted to be used again; a state has some ten for each update.
_PLACES_MAX = 1 << 32


class BadPickleError(ValueError):
    """It is no pickle, or none of the kind that is read here."""


@dataclass(frozen=True, slots=True)
class Named:
    """A class or function, by its name alone."""

    module: str
    name: str


@dataclass(slots=True)
class Made:
    """An object that would have been made of a class, and what it would hold."""

    kind: Named
    holds: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """What would have been called, with what."""

    kind: Named
    given: tuple[Any, ...]


def describe(file: IO[bytes]) -> tuple[Any, frozenset[Named]]:
    """Read a pickle to its end.

    Args:
        file: As large as may stand in memory, some ten times over.

    Returns:
        What it describes, sets as lists; and every class and function that it names.

    Raises:
        BadPickleError: It is none, is cut short, or names or does what no state of python-threatexchange does.
    """
    machine = _Machine()
    try:
        # Of old ways to write text, which no state has, Python warns before they can be refused.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _follow(machine, file)
    except BadPickleError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, OverflowError):
        # Their own messages may quote what is in it.
        raise BadPickleError("it is damaged, or no pickle") from None
    if file.read(1):
        raise BadPickleError("more follows behind its end")
    return machine.stack[0] if len(machine.stack) == 1 else None, frozenset(machine.named)


def _follow(machine: "_Machine", file: IO[bytes]) -> None:
    for opcode, argument, _ in pickletools.genops(file):
        _STEPS.get(opcode.name, _refuse)(machine, argument)


class _Machine:
    """Stack, marks on it, and what was noted to be used again."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.named: set[Named] = set()

    def mark(self) -> None:
        if len(self.marks) >= _MARKS_MAX:
            raise BadPickleError("it is nested too deeply")
        self.marks.append(len(self.stack))

    def since_mark(self) -> list[Any]:
        at = self.marks.pop()
        taken = self.stack[at:]
        del self.stack[at:]
        return taken

    def pop(self) -> Any:
        # Nothing is taken from below a mark that is still open.
        if self.marks and len(self.stack) <= self.marks[-1]:
            raise BadPickleError("it is damaged, or no pickle")
        return self.stack.pop()

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def name(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise BadPickleError("it is damaged, or no pickle")
        is_own = module == _OWN or module.startswith(f"{_OWN}.")
        if not is_own and name not in _HARMLESS.get(module, ()):
            raise BadPickleError("it names a class or function that has no place in a state")
        found = Named(module, name)
        self.named.add(found)
        self.push(found)

    def put(self, pairs: list[Any]) -> None:
        target = self.stack[-1]
        held = target.holds if isinstance(target, Made) else target
        if not isinstance(held, dict) or len(pairs) % 2:
            raise BadPickleError("it is damaged, or no pickle")
        for at in range(0, len(pairs), 2):
            held[_key(pairs[at])] = pairs[at + 1]

    def append(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if not isinstance(target, list):
            raise BadPickleError("it is damaged, or no pickle")
        target.extend(values)

    def call(self) -> None:
        given, kind = self.pop(), self.pop()
        if not isinstance(kind, Named) or not isinstance(given, tuple):
            raise BadPickleError("it is damaged, or no pickle")
        if kind.name in {"set", "frozenset"} and len(given) == 1 and isinstance(given[0], list):
            self.push(given[0])
        elif kind.name in {"_reconstructor", "__newobj__"} and given and isinstance(given[0], Named):
            self.push(Made(given[0]))
        elif kind.name in {"OrderedDict", "defaultdict"}:
            self.push({})
        else:
            self.push(Called(kind, given))

    def make(self) -> None:
        self.pop()
        kind = self.pop()
        if not isinstance(kind, Named):
            raise BadPickleError("it is damaged, or no pickle")
        self.push(Made(kind))

    def build(self) -> None:
        state = self.pop()
        made = self.stack[-1]
        # Objects with slots have a pair: none, and what they hold.
        if isinstance(state, tuple) and len(state) == 2:
            state = state[1] or state[0]
        if not isinstance(made, Made) or not isinstance(state, dict):
            raise BadPickleError("it is damaged, or no pickle")
        made.holds.update(state)


_Step: TypeAlias = Callable[[_Machine, Any], None]  # Python 3.11 has no `type` statement


def _key(value: Any) -> Any:
    """What may be a key: of others two could be equal that are not, or comparing them could take for ever."""
    # Numbers are not among them: whoever chooses them can make all of them collide.
    if not isinstance(value, str) and not (isinstance(value, tuple) and all(isinstance(each, str) for each in value)):
        raise BadPickleError("it has keys that no state has")
    return value


def _refuse(_: _Machine, __: Any) -> None:
    raise BadPickleError("it does what no state does")


def _constant(make: Callable[[], Any]) -> _Step:
    return lambda machine, _: machine.push(make())


def _last(count: int) -> _Step:
    def take(machine: _Machine, _: Any) -> None:
        values = [machine.pop() for _ in range(count)]
        machine.push(tuple(reversed(values)))

    return take


def _drop(machine: _Machine, _: Any) -> None:
    machine.pop()


def _drop_marked(machine: _Machine, _: Any) -> None:
    machine.since_mark()


def _place(argument: Any) -> int:
    place = int(argument)
    if not 0 <= place < _PLACES_MAX:
        raise BadPickleError("it is damaged, or no pickle")
    return place


def _one_pair(machine: _Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    machine.put([key, value])


def _global(machine: _Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    machine.name(module, name)


def _stack_global(machine: _Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    machine.name(module, name)


def _note(machine: _Machine, argument: Any) -> None:
    machine.memo[len(machine.memo) if argument is None else _place(argument)] = machine.stack[-1]


_VALUES = (
    *("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "BININT", "BININT1", "BININT2", "LONG1", "LONG4"),
    *("INT", "LONG", "BINFLOAT", "FLOAT", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
)
_STEPS: dict[str, _Step] = {
    "NONE": _constant(lambda: None),
    "NEWTRUE": _constant(lambda: True),
    "NEWFALSE": _constant(lambda: False),
    "EMPTY_DICT": _constant(dict),
    "EMPTY_TUPLE": _constant(tuple),
    **dict.fromkeys(("EMPTY_LIST", "EMPTY_SET"), _constant(list)),
    **dict.fromkeys(_VALUES, lambda machine, argument: machine.push(argument)),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), lambda _, __: None),
    **dict.fromkeys(("MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"), _note),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), lambda machine, at: machine.push(machine.memo[_place(at)])),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, _: machine.append(machine.since_mark())),
    "MARK": lambda machine, _: machine.mark(),
    "POP": _drop,
    "POP_MARK": _drop_marked,
    "TUPLE1": _last(1),
    "TUPLE2": _last(2),
    "TUPLE3": _last(3),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.since_mark())),
    "LIST": lambda machine, _: machine.push(machine.since_mark()),
    "FROZENSET": lambda machine, _: machine.push(machine.since_mark()),
    "APPEND": lambda machine, _: machine.append([machine.pop()]),
    "SETITEM": _one_pair,
    "SETITEMS": lambda machine, _: machine.put(machine.since_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": lambda machine, _: machine.call(),
    "NEWOBJ": lambda machine, _: machine.make(),
    "BUILD": lambda machine, _: machine.build(),
}
