"""Pickles as plain data: a small machine for their instructions that calls nothing and imports nothing.

A pickle is a program. Python's own machine does what it says, and it may say "call os.system". This one knows
numbers, text, lists and dicts. A class is its name, an object is a record of what it was made with. A call is done
only if the caller has given a function of ours for that name; any other call ends the reading.
"""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

Call = Callable[..., Any]

MAX_INSTRUCTIONS = 2_000_000
"""Of one pickle: the table of contents of a network has some thousands."""


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names; it is never imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(eq=False)
class Record:
    """An object of a class that is only a name here.

    Attributes:
        kind: its class.
        args: what it was made with.
        state: what its attributes would be.
        items: what would be put into it, as a list or by key.
    """

    kind: Name
    args: tuple[Any, ...] = ()
    state: Any = None
    items: list[Any] = field(default_factory=list)


class _Mark:
    """Where a list of arguments begins on the stack."""


_MARK = _Mark()
_SIMPLE_KEYS = (str, bytes, int, float, bool, type(None))
"""Other keys could take very long to hash: a tuple of tuples of tuples of the same tuple."""


def read_pickle(file: BinaryIO, calls: Mapping[str, Call], persistent: Callable[[Any], Any] | None = None) -> Any:
    """What a pickle describes, as plain data and records. Nothing of it is run.

    Args:
        file: stands where the pickle begins; afterwards where it ends.
        calls: by full name, what is done for the calls that are expected.
        persistent: what an id that stands for something outside of the pickle means.

    Raises:
        ValueError: it is damaged, or it asks for a call that is not expected.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in text
            return _Machine(calls, persistent).run(file)
    except ValueError:
        raise
    except (LookupError, TypeError, AttributeError, EOFError, OverflowError, RecursionError) as error:
        raise ValueError(f"its pickle is damaged: {error or type(error).__name__}") from error


class _Machine:
    """The stack, the memo, and what each instruction does to them."""

    def __init__(self, calls: Mapping[str, Call], persistent: Callable[[Any], Any] | None) -> None:
        self.calls, self.persistent = calls, persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, file: BinaryIO) -> Any:
        for count, (code, argument, _) in enumerate(pickletools.genops(file)):
            if count > MAX_INSTRUCTIONS:
                raise ValueError(f"its pickle has more than {MAX_INSTRUCTIONS:,} instructions")
            if code.name == "STOP":
                return self.stack.pop()
            if code.name in _CONSTANTS:
                self.stack.append(argument)
            elif (action := _ACTIONS.get(code.name)) is not None:
                action(self, argument)
            else:
                raise ValueError(f"its pickle has the instruction {code.name}, which no network needs: it was not run")
        raise ValueError("its pickle doesn't end")

    def since_mark(self) -> list[Any]:
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is _MARK:
                items = self.stack[i + 1 :]
                del self.stack[i:]
                return items
        raise ValueError("its pickle is damaged: a list doesn't begin")

    def push_global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(Name(module, name))

    def stack_global(self, _: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if not (isinstance(name, str) and isinstance(module, str)):
            raise ValueError("its pickle is damaged: a name is no text")
        self.stack.append(Name(module, name))

    def reduce(self, _: Any) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        if not isinstance(args, tuple):
            raise ValueError("its pickle is damaged: a call without arguments")
        if not isinstance(function, Name) or str(function) not in self.calls:
            raise ValueError(
                f"its pickle asks to call {function if isinstance(function, Name) else 'what is no function'}: "
                "nothing was run. A network needs no such call; don't trust this file"
            )
        self.stack.append(self.calls[str(function)](*args))

    def new_object(self, _: Any) -> None:
        args, kind = self.stack.pop(), self.stack.pop()
        self.push_object(kind, args)

    def new_object_ex(self, _: Any) -> None:
        _keywords, args, kind = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.push_object(kind, args)

    def push_object(self, kind: Any, args: Any) -> None:
        if not (isinstance(kind, Name) and isinstance(args, tuple)):
            raise ValueError("its pickle is damaged: an object without a class")
        self.stack.append({} if str(kind) == "collections.OrderedDict" else Record(kind, args))

    def build(self, _: Any) -> None:
        state = self.stack.pop()
        if isinstance(target := self.stack[-1], Record):
            target.state = state
        # A dict or a tensor can have attributes too; those of a state_dict are versions, which say nothing here.

    def append(self, _: Any) -> None:
        item = self.stack.pop()
        self.extend([item])

    def appends(self, _: Any) -> None:
        items = self.since_mark()
        self.extend(items)

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        (target.items if isinstance(target, Record) else target).extend(items)

    def set_item(self, _: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.update([key, value])

    def set_items(self, _: Any) -> None:
        items = self.since_mark()
        self.update(items)

    def update(self, items: list[Any]) -> None:
        target = self.stack[-1]
        pairs = zip(items[::2], items[1::2], strict=True)
        if isinstance(target, Record):
            target.items.extend(pairs)
        else:
            target.update(_checked_keys(pairs))

    def push_dict(self, _: Any) -> None:
        items = self.since_mark()
        self.stack.append(_checked_keys(zip(items[::2], items[1::2], strict=True)))

    def tuple_of(self, n: int) -> None:
        if len(self.stack) < n:
            raise ValueError("its pickle is damaged: a tuple is too short")
        items = tuple(self.stack[len(self.stack) - n :])
        del self.stack[len(self.stack) - n :]
        self.stack.append(items)

    def persistent_id(self, _: Any) -> None:
        if self.persistent is None:
            raise ValueError("its pickle points to something outside of it")
        self.stack.append(self.persistent(self.stack.pop()))

    def remember(self, place: int) -> None:
        self.memo[place] = self.stack[-1]


def _checked_keys(pairs: Any) -> dict[Any, Any]:
    found = {}
    for key, value in pairs:
        if not isinstance(key, _SIMPLE_KEYS):
            raise ValueError("its pickle has a dict whose keys are neither text nor numbers")
        found[key] = value
    return found


_CONSTANTS = frozenset(
    [
        "INT",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG",
        "LONG1",
        "LONG4",
        "FLOAT",
        "BINFLOAT",
        "STRING",
        "BINSTRING",
        "SHORT_BINSTRING",
        "UNICODE",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
    ]
)
_ACTIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda machine, _: None,
    "FRAME": lambda machine, _: None,
    "MARK": lambda machine, _: machine.stack.append(_MARK),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.since_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_SET": lambda machine, _: machine.stack.append(Record(Name("builtins", "set"))),
    "ADDITEMS": _Machine.appends,
    "FROZENSET": lambda machine, _: machine.stack.append(
        Record(Name("builtins", "frozenset"), (machine.since_mark(),))
    ),
    "LIST": lambda machine, _: machine.stack.append(machine.since_mark()),
    "DICT": _Machine.push_dict,
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.push_global,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.reduce,
    "NEWOBJ": _Machine.new_object,
    "NEWOBJ_EX": _Machine.new_object_ex,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.persistent_id,
    "PUT": _Machine.remember,
    "BINPUT": _Machine.remember,
    "LONG_BINPUT": _Machine.remember,
    "MEMOIZE": lambda machine, _: machine.remember(len(machine.memo)),
    "GET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "LONG_BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
}
