"""PyTorch: state_dicts and whole modules from `.pt` and `.pth` files, without PyTorch and without running a pickle.

A file of `torch.save` is a pickle beside raw numbers. `read_pickle` takes the pickle as plain data; classes are
names, and a module is what its attributes would be. So the modules of a Sequential are known, with their
activations; of another module only what it holds, not what its code does with it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from nn_core.archives import Archive
from nn_core.readers import pointwise
from nn_core.readers.files import check_size
from nn_core.readers.named import Given, activation_steps, kinds, steps_of_arrays
from nn_core.readers.pickles import Name, Record, read_pickle
from nn_core.readers.steps import Affine, Pointwise, Softmax, Step, affine, batch_normalisation

MAX_NUMBERS = 100_000_000
"""Of one tensor."""

_STORAGES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
    "UntypedStorage": "|u1",
}


@dataclass(eq=False)
class Storage:
    """Numbers in one row, in another part of the file.

    Attributes:
        kind: the type of a number, of `_STORAGES`.
        key: what the file calls the storage.
        n_numbers: how many it says it has.
    """

    kind: str
    key: str
    n_numbers: int


@dataclass(eq=False)
class Tensor:
    """Where the numbers of an array lie in a storage.

    Attributes:
        storage: their row.
        offset: of the first one.
        shape: of the array.
        strides: the steps in the row for one step in each direction.
    """

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


Fetch = Callable[[Storage], bytes | bytearray]


def read_torch(path: Path, activations: Given = None, inputs_first: bool | None = None) -> list[Step]:
    """The steps of a `.pt` or `.pth` file.

    Args:
        path: of a zip file as PyTorch 1.6 and later write it, or of the older format.
        activations: for a state_dict, which doesn't know them.
        inputs_first: for a state_dict; None finds it out.

    Raises:
        ValueError: it is damaged, asks to run something, or is no network that can be read.
    """
    with open(path, "rb") as file:
        is_zip = file.read(2) == b"PK"
    if is_zip:
        with Archive(path) as archive:
            return _from_zip(archive, activations, inputs_first)
    check_size(path)
    with open(path, "rb") as file:
        return _from_legacy(file, activations, inputs_first)


def _from_zip(archive: Archive, activations: Given, inputs_first: bool | None) -> list[Step]:
    pickles = [name for name in archive.names if name.rpartition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise ValueError(f"it has {len(pickles)} entries 'data.pkl', expected one")
    folder = pickles[0].removesuffix("data.pkl")
    if any(name.startswith(f"{folder}code/") for name in archive.names):
        raise ValueError(
            "it is TorchScript, whose layers are code: save module.state_dict() or the module with torch.save, or ONNX"
        )
    order = f"{folder}byteorder"
    swapped = order in archive.names and bytes(archive.read(order)).strip() == b"big"

    def fetch(storage: Storage) -> bytes | bytearray:
        return archive.read(f"{folder}data/{storage.key}")

    content = io.BytesIO(archive.read(pickles[0]))
    return _steps_of(read_pickle(content, _CALLS, _storage), fetch, swapped, activations, inputs_first)


LEGACY_MAGIC = 0x1950A86A20F9469CFC6C


def _from_legacy(file: BinaryIO, activations: Given, inputs_first: bool | None) -> list[Step]:
    """Magic number, version, machine, the object, the keys of the storages; then their numbers."""
    if read_pickle(file, {}) != LEGACY_MAGIC:
        raise ValueError("it is a pickle, but not of torch.save: it is not read, since a pickle is a program")
    version, machine = read_pickle(file, {}), read_pickle(file, {})
    if version != 1001 or not isinstance(machine, dict):
        raise ValueError(f"it has the version {version!r} of the old format, expected 1001")
    swapped = machine.get("little_endian") is False
    seen: dict[str, Storage] = {}

    def persistent(identity: Any) -> Any:
        match identity:
            case ("module", Name() as kind, *_):  # a class beside the text of its file, which is not read
                return kind
        storage = _storage(identity)
        seen.setdefault(storage.key, storage)
        return storage

    content = read_pickle(file, _CALLS, persistent)
    keys = read_pickle(file, {})
    if not isinstance(keys, list) or set(keys) - set(seen) or len(set(keys)) < len(keys):
        raise ValueError("it is damaged: its table of storages doesn't fit its pickle")
    bodies: dict[str, tuple[int, int]] = {}
    for key in keys:
        n_numbers = int.from_bytes(file.read(8), "big" if swapped else "little", signed=True)
        size = _n_bytes(seen[key])
        if n_numbers != seen[key].n_numbers:
            raise ValueError(f"it is damaged: the storage {key} has {n_numbers} numbers, not {seen[key].n_numbers}")
        bodies[key] = file.tell(), size
        file.seek(size, io.SEEK_CUR)

    def fetch(storage: Storage) -> bytes:
        if storage.key not in bodies:
            raise ValueError(f"it is damaged: it lacks the numbers of the storage {storage.key}")
        start, size = bodies[storage.key]
        file.seek(start)
        return file.read(size)

    return _steps_of(content, fetch, swapped, activations, inputs_first)


# From a pickle to arrays ------------------------------------------------------------------------------------------


def _storage(identity: Any) -> Storage:
    match identity:
        case ("storage", Name(name=kind), str(key), _, int(n_numbers), *_) if kind in _STORAGES and n_numbers >= 0:
            return Storage(_STORAGES[kind], key, n_numbers)
        case ("storage", Name(name=kind), *_):
            raise ValueError(f"its numbers are of the kind {kind}, expected one of {', '.join(_STORAGES)}")
    raise ValueError("it is damaged: it points to something that is no storage")


def _n_bytes(storage: Storage) -> int:
    size = storage.n_numbers * (2 if storage.kind == "bfloat16" else np.dtype(storage.kind).itemsize)
    if storage.n_numbers > MAX_NUMBERS:
        raise ValueError(f"it has a storage of {storage.n_numbers:,} numbers, expected at most {MAX_NUMBERS:,}")
    return size


def _rebuild(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    return _tensor(storage, offset, shape, strides)


def _rebuild_v3(storage: Any, offset: Any, shape: Any, strides: Any, *rest: Any) -> Tensor:
    kind = rest[2] if len(rest) > 2 else None
    table = {"float32": "<f4", "float64": "<f8", "float16": "<f2", "bfloat16": "bfloat16", "int64": "<i8"}
    if not (isinstance(kind, Name) and isinstance(storage, Storage) and kind.name in table):
        raise ValueError(f"its numbers are of the kind {kind}, expected one of {', '.join(table)}")
    dtype = table[kind.name]
    size = 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize
    return _tensor(Storage(dtype, storage.key, storage.n_numbers // size), offset, shape, strides)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any) -> Tensor:
    whole = [offset, *shape, *strides]
    if not isinstance(storage, Storage) or any(type(number) is not int or number < 0 for number in whole):
        raise ValueError("it is damaged: a tensor has an odd place, shape or stride")
    if len(shape) != len(strides) or len(shape) > 8:
        raise ValueError("it is damaged: a tensor has not as many strides as directions")
    n_numbers, last = 1, offset
    for n, stride in zip(shape, strides, strict=True):
        n_numbers, last = n_numbers * n, last + max(n - 1, 0) * stride
    if n_numbers > MAX_NUMBERS:
        raise ValueError(f"it has a tensor of shape {tuple(shape)}, expected at most {MAX_NUMBERS:,} numbers")
    if n_numbers and last >= storage.n_numbers:
        raise ValueError(f"it is damaged: a tensor of shape {tuple(shape)} ends behind its {storage.n_numbers} numbers")
    return Tensor(storage, offset, tuple(shape), tuple(strides))


def _keep(name: str) -> Callable[..., Record]:
    module, _, last = name.rpartition(".")
    return lambda *args: Record(Name(module, last), args)


_KEPT: dict[str, Callable[..., Any]] = {
    # In checkpoints beside the network. They become records; nothing of these names is called.
    name: _keep(name)
    for name in (
        "torch.device",
        "torch.Size",
        "torch.serialization._get_layout",
        "argparse.Namespace",
        "pathlib.PosixPath",
        "pathlib.PurePosixPath",
        "pathlib.WindowsPath",
        "numpy.dtype",
        "numpy.core.multiarray.scalar",
        "numpy._core.multiarray.scalar",
        "_codecs.encode",
        "datetime.datetime",
        "collections.defaultdict",
    )
}
_CALLS: dict[str, Callable[..., Any]] = _KEPT | {
    "collections.OrderedDict": lambda pairs=(): dict(pairs),
    "torch._utils._rebuild_tensor": _rebuild,
    "torch._utils._rebuild_tensor_v2": _rebuild,
    "torch._utils._rebuild_tensor_v3": _rebuild_v3,
    "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
    "torch._utils._rebuild_parameter_with_state": lambda tensor, *_: tensor,
    "builtins.set": lambda items=(): list(items),
    "__builtin__.set": lambda items=(): list(items),
}
"""The calls that a pickle may ask for, by what is done instead: each makes plain data of plain data."""


def _array(tensor: Tensor, fetch: Fetch, swapped: bool) -> NDArray[Any]:
    data = fetch(tensor.storage)
    if len(data) != _n_bytes(tensor.storage):
        raise ValueError(f"it is damaged: the storage {tensor.storage.key} is cut off")
    order: Literal[">", "<"] = ">" if swapped else "<"
    if tensor.storage.kind == "bfloat16":
        # The upper half of a float32.
        row: NDArray[Any] = (np.frombuffer(data, f"{order}u2").astype(np.uint32) << 16).view(np.float32)
    else:
        row = np.frombuffer(data, np.dtype(tensor.storage.kind).newbyteorder(order))
    if 0 in tensor.shape:
        return np.zeros(tensor.shape)
    view = np.lib.stride_tricks.as_strided(
        row[tensor.offset :], tensor.shape, [stride * row.itemsize for stride in tensor.strides], writeable=False
    )
    return np.ascontiguousarray(view.astype(row.dtype.newbyteorder("=")))


# From arrays and records to steps ---------------------------------------------------------------------------------


def _steps_of(content: Any, fetch: Fetch, swapped: bool, activations: Given, inputs_first: bool | None) -> list[Step]:
    if isinstance(content, Record):
        return _steps_of_module(Saved(content, lambda tensor: _array(tensor, fetch, swapped)), activations)
    state = _state_in(content)
    if isinstance(state, Record):
        return _steps_of(state, fetch, swapped, activations, inputs_first)
    arrays = {name: _array(tensor, fetch, swapped) for name, tensor in state.items() if isinstance(tensor, Tensor)}
    return steps_of_arrays(arrays, activations, inputs_first=inputs_first)


def _state_in(content: Any) -> Any:
    """The state_dict in a checkpoint, or the module."""
    if not isinstance(content, dict):
        raise ValueError("it holds neither a state_dict nor a module")
    for candidate in (content, *(content[key] for key in content)):
        if isinstance(candidate, dict) and any(
            isinstance(value, Tensor) and isinstance(name, str) for name, value in candidate.items()
        ):
            return {str(name): value for name, value in candidate.items()}
    for candidate in content.values():
        if isinstance(candidate, Record) and isinstance(candidate.state, dict) and "_modules" in candidate.state:
            return candidate
    raise ValueError(f"it holds no network: its keys are {', '.join(map(repr, list(content)[:6])) or 'none'}")


class Saved:
    """A module as a file has it: its class by name, and its attributes.

    Args:
        record: of the pickle.
        array: makes an array of a tensor.
    """

    def __init__(self, record: Record, array: Callable[[Tensor], NDArray[Any]]) -> None:
        self.record, self.array = record, array
        state = record.state
        if (
            not isinstance(state, dict)
            or "_modules" not in state
            or not all(isinstance(state.get(part, {}), dict) for part in ("_modules", "_parameters", "_buffers"))
        ):
            raise ValueError(f"{record.kind} is no module of PyTorch")
        self.state: dict[str, Any] = state
        self.kind = record.kind.name.rpartition(".")[2]
        self.is_torch = record.kind.module.startswith("torch.nn.")

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, as a number, text or array."""
        for part in (self.state.get("_parameters", {}), self.state.get("_buffers", {}), self.state):
            if name in part:
                value = part[name]
                return self.array(value) if isinstance(value, Tensor) else value
        return default

    def children(self) -> dict[str, Saved]:
        """The modules inside, in the order in which they were named."""
        inside = {}
        for name, module in self.state.get("_modules", {}).items():
            if module is not None:
                if not isinstance(module, Record):
                    raise ValueError(f"its module {name!r} is no module")
                inside[str(name)] = Saved(module, self.array)
        return inside


MAX_MODULES = 5_000


def _steps_of_module(module: Saved, activations: Given) -> list[Step]:
    flat = _flat(module, "", 0, [0])
    steps = [step for name, part in flat for step in module_steps(part.kind, part.get, name)]
    if activations is not None:
        return _with_given(steps, activations)
    if (foreign := _foreign(module)) is not None and not _is_complete(steps):
        raise ValueError(
            f"it holds a module of the class {foreign!r}, whose code is not in the file: between its layers it doesn't "
            'name all activations. Say activations="relu" (--activations relu), or one for each layer, or save as ONNX'
        )
    return steps


def _flat(module: Saved, name: str, depth: int, count: list[int]) -> Iterator[tuple[str, Saved]]:
    """The modules that do something, in order; those that only hold others are left out."""
    count[0] += 1
    if depth > 32 or count[0] > MAX_MODULES:
        raise ValueError("its modules hold each other in a circle, or are too many")
    children = module.children()
    if _is_container(module) or (children and not module.is_torch):
        for key, child in children.items():
            yield from _flat(child, f"{name}.{key}" if name else key, depth + 1, count)
    else:
        yield name or module.kind, module


def _is_container(module: Saved) -> bool:
    return module.is_torch and module.kind in ("Sequential", "ModuleList", "DataParallel", "OptimizedModule")


def _foreign(module: Saved) -> str | None:
    """The class of a module whose code decides in which order its modules are used; None if there is none.

    One that holds a single module, such as `self.layers = nn.Sequential(...)`, is taken to use just that.
    """
    children = module.children()
    if not (module.is_torch and module.kind == "Sequential") and len(children) > 1:
        return module.kind
    return next((kind for child in children.values() if (kind := _foreign(child))), None)


def _is_complete(steps: list[Step]) -> bool:
    """Whether between any two affine maps there is something else."""
    affine_before = False
    for step in steps:
        if isinstance(step, Affine):
            if affine_before:
                return False
            affine_before = True
        elif isinstance(step, Pointwise):
            affine_before = False
    return True


def _with_given(steps: list[Step], activations: Given) -> list[Step]:
    """The activations that were given instead of those that were found."""
    kept = [step for step in steps if not isinstance(step, Pointwise | Softmax)]
    names = iter(kinds(activations, sum(isinstance(step, Affine) for step in kept)))
    found: list[Step] = []
    waiting: tuple[Step, ...] = ()
    for step in kept:
        if isinstance(step, Affine):
            found += [*waiting, step]
            waiting = activation_steps(next(names), step.where)
        else:
            found.append(step)
    return [*found, *waiting]


Get = Callable[..., Any]


def module_steps(kind: str, get: Get, name: str) -> tuple[Step, ...]:
    """What one module of `torch.nn` does.

    Args:
        kind: its class, such as "Linear".
        get: gives its attributes by name.
        name: where it stands, for messages.

    Raises:
        ValueError: a network here has no such layer.
    """
    where = f"the layer {name!r} ({kind})"
    if kind not in MODULES:
        raise ValueError(f"{where} can't be taken: a network here has affine layers, BatchNorm and activations")
    return MODULES[kind](get, where)


def _linear(get: Get, where: str) -> tuple[Step, ...]:
    weight = get("weight")
    if weight is None:
        raise ValueError(f"{where} has no weight as an array: remove its parametrisation before saving")
    return (affine(weight, get("bias"), where),)


def _norm(get: Get, where: str) -> tuple[Step, ...]:
    mean, variance = get("running_mean"), get("running_var")
    if mean is None or variance is None:
        raise ValueError(f"{where} keeps no running mean: it does another thing for each batch")
    return (batch_normalisation(get("weight"), get("bias"), mean, variance, float(get("eps", 1e-5)), where),)


def _nothing(get: Get, where: str) -> tuple[Step, ...]:
    return ()


def _plain(name: str) -> Callable[[Get, str], tuple[Step, ...]]:
    return lambda get, where: pointwise.plain(name, where)


MODULES: Mapping[str, Callable[[Get, str], tuple[Step, ...]]] = {
    "Linear": _linear,
    "NonDynamicallyQuantizableLinear": _linear,
    "BatchNorm1d": _norm,
    "SyncBatchNorm": _norm,
    "Identity": _nothing,
    "Flatten": _nothing,
    "Dropout": _nothing,
    "Dropout1d": _nothing,
    "AlphaDropout": _nothing,
    "FeatureAlphaDropout": _nothing,
    "Softmax": lambda get, where: (Softmax(where),),
    "LogSoftmax": lambda get, where: (Softmax(where),),
    "ReLU": _plain("relu"),
    "ReLU6": _plain("relu6"),
    "LeakyReLU": lambda get, where: pointwise.leaky_relu(where, get("negative_slope", 0.01)),
    "PReLU": lambda get, where: pointwise.prelu(get("weight"), where),
    "RReLU": lambda get, where: pointwise.leaky_relu(where, (get("lower", 1 / 8) + get("upper", 1 / 3)) / 2),
    "ELU": lambda get, where: pointwise.known("elu", where, get("alpha", 1.0)),
    "CELU": lambda get, where: pointwise.known("celu", where, get("alpha", 1.0)),
    "SELU": _plain("selu"),
    "GELU": lambda get, where: pointwise.gelu(get("approximate", "none"), where),
    "SiLU": _plain("silu"),
    "Mish": _plain("mish"),
    "Hardtanh": lambda get, where: pointwise.clip(get("min_val", -1.0), get("max_val", 1.0), where),
    "Hardsigmoid": _plain("hard_sigmoid"),
    "Hardswish": _plain("hard_swish"),
    "Softplus": lambda get, where: pointwise.known("softplus", where, get("beta", 1.0)),
    "Softsign": _plain("softsign"),
    "Sigmoid": _plain("sigmoid"),
    "LogSigmoid": lambda get, where: pointwise.plain("log_sigmoid", where),
    "Tanh": _plain("tanh"),
}
"""What each module of `torch.nn` that can be taken does, by its class."""
