"""ONNX: the chain of nodes of an MLP, as exporters write it. Needs the package onnx, an extra.

The graph is followed from its input with values that are either constants or `Flow`s: the steps that the numbers have
passed. An operation with a constant adds a step; one of two flows is a formula, if both come from one value number by
number (z * sigmoid(z)), and otherwise a skip connection, which is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nn_core.readers import pointwise
from nn_core.readers.files import read_bytes
from nn_core.readers.pointwise import PARTS, joined, part
from nn_core.readers.steps import Affine, Scale, Softmax, Step, affine, batch_normalisation, scale

MAX_NODES = 2_000
MAX_NUMBERS = 100_000_000
"""Of one constant."""


@dataclass(frozen=True, eq=False)
class Flow:
    """The numbers of a point on their way.

    Attributes:
        steps: what was done to them.
        columns: points are columns: the value is transposed.
    """

    steps: tuple[Step, ...] = ()
    columns: bool = False


@dataclass(frozen=True, eq=False)
class Shape:
    """The shape of a flow, or something computed of it: only good for a Reshape that changes nothing."""


Value = Flow | Shape | NDArray[Any] | None


def read_onnx(path: Path) -> list[Step]:
    """The steps of an ONNX file.

    Raises:
        ValueError: it is damaged, has an operation that can't be taken, numbers in other files, or the package onnx
            is missing.
    """
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise ValueError('to read it, the package onnx is needed: pip install "nn-unfold[onnx]"') from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(read_bytes(path))
    except (DecodeError, RecursionError, RuntimeError, SystemError) as error:
        raise ValueError(f"it is damaged or no ONNX file: {error}") from error
    if not model.graph.node:
        raise ValueError("it is damaged or no ONNX file: its graph is empty")
    return list(_Graph(model, onnx.numpy_helper.to_array, onnx.TensorProto.EXTERNAL).steps())


class _Graph:
    """A graph and the values that are known so far."""

    def __init__(self, model: Any, to_array: Callable[[Any], NDArray[Any]], external: int) -> None:
        self.graph, self.to_array, self.external = model.graph, to_array, external
        if model.functions:
            raise ValueError("it has functions of its own: export it with them inlined")
        if len(self.graph.node) > MAX_NODES:
            raise ValueError(f"it has {len(self.graph.node):,} nodes, expected at most {MAX_NODES:,}")
        self.opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)
        self.values: dict[str, Value] = {"": None}
        for tensor in self.graph.initializer:
            self.values[tensor.name] = self.constant(tensor, f"the constant {tensor.name!r}")
        if self.graph.sparse_initializer:
            raise ValueError("it has sparse constants, expected plain ones")
        inputs = [entry.name for entry in self.graph.input if entry.name not in self.values]
        if len(inputs) != 1:
            raise ValueError(f"it has {len(inputs)} inputs ({', '.join(inputs[:5])}), expected one")
        self.values[inputs[0]] = Flow()
        self.producer = {name: node for node in self.graph.node for name in node.output if name}

    def constant(self, tensor: Any, where: str) -> NDArray[Any]:
        """A tensor of the file."""
        if tensor.data_location == self.external or tensor.external_data:
            raise ValueError(f"{where} lies in another file: save the model in one file, then it is read")
        if (
            prod(max(n, 0) for n in tensor.dims) > MAX_NUMBERS
            or len(tensor.dims) > 8
            or any(n < 0 for n in tensor.dims)
        ):
            raise ValueError(f"{where} has shape {tuple(tensor.dims)}, expected at most {MAX_NUMBERS:,} numbers")
        try:
            return np.asarray(self.to_array(tensor))
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise ValueError(f"{where} is damaged: {' '.join(str(error).split())[:200]}") from error

    def steps(self) -> tuple[Step, ...]:
        """From the input to the output: of several outputs the one with the most in it (not the label)."""
        flows: list[Flow] = []
        errors: list[ValueError] = []
        for output in self.graph.output:
            try:
                value = self.value(output.name)
            except ValueError as error:
                errors.append(error)
                continue
            if isinstance(value, Flow):
                if value.columns:
                    raise ValueError(f"its output {output.name!r} has the points in columns, expected rows")
                flows.append(value)
        if not flows:
            raise errors[0] if errors else ValueError("its output doesn't come from its input")
        return max(flows, key=lambda flow: len(flow.steps)).steps

    def value(self, name: str) -> Value:
        """A value by name; what it is made of comes first."""
        waiting = [name]
        while waiting:
            if len(waiting) > MAX_NODES:
                raise ValueError("its nodes take each other in a circle")
            top = waiting[-1]
            if top in self.values:
                waiting.pop()
                continue
            node = self.producer.get(top)
            if node is None:
                raise ValueError(f"it lacks the value {top!r}")
            missing = [other for other in node.input if other not in self.values]
            if missing:
                waiting.extend(missing)
                continue
            self.values |= dict.fromkeys(node.output[1:], None)
            self.values[node.output[0]] = self.computed(node)
            waiting.pop()
        return self.values[name]

    def computed(self, node: Any) -> Value:
        """The first output of a node."""
        where = f"the node {node.name or node.output[0]!r} ({node.op_type})"
        if node.domain not in ("", "ai.onnx", "ai.onnx.ml"):
            raise ValueError(f"{where} is of the domain {node.domain!r}, expected a standard operation")
        inputs = [self.values[name] for name in node.input]
        if node.op_type == "Constant":
            return self.constant_of(node, where)
        if node.op_type not in OPERATIONS:
            raise ValueError(
                f"{where} can't be taken: a network here has affine layers, BatchNormalization and activations"
            )
        call = Call(where, inputs, {entry.name: entry for entry in node.attribute}, self.opset)
        try:
            return OPERATIONS[node.op_type](call)
        except (IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"{where} has {len(inputs)} inputs that it can't take") from error

    def constant_of(self, node: Any, where: str) -> NDArray[Any]:
        for entry in node.attribute:
            if entry.name == "value":
                return self.constant(entry.t, where)
            if entry.name in ("value_float", "value_int"):
                return np.asarray(entry.f if entry.name == "value_float" else entry.i)
            if entry.name in ("value_floats", "value_ints"):
                return np.asarray(list(entry.floats if entry.name == "value_floats" else entry.ints))
        raise ValueError(f"{where} has no numbers")


@dataclass(frozen=True, eq=False)
class Call:
    """A node with its inputs.

    Attributes:
        where: for messages.
        inputs: constants and flows; None is one that is left out.
        attributes: by name.
        opset: the version of the operations.
    """

    where: str
    inputs: Sequence[Value]
    attributes: Mapping[str, Any]
    opset: int

    def number(self, name: str, default: float) -> float:
        """An attribute that is a float or an integer."""
        entry = self.attributes.get(name)
        return default if entry is None else float(entry.f if entry.type == 1 else entry.i)

    def text(self, name: str, default: str) -> str:
        """An attribute that is text."""
        entry = self.attributes.get(name)
        return default if entry is None else bytes(entry.s).decode("utf-8", "replace")

    def given(self, i: int) -> Value:
        """An input, or None where it is left out."""
        return self.inputs[i] if i < len(self.inputs) else None

    def array(self, i: int) -> NDArray[Any]:
        """An input that must be a constant."""
        value = self.given(i)
        if not isinstance(value, np.ndarray):
            raise ValueError(f"{self.where} expects a constant as input {i + 1}")
        return value

    def flow(self, i: int = 0) -> Flow:
        """An input that must come from the network's input."""
        value = self.given(i)
        if not isinstance(value, Flow):
            raise ValueError(f"{self.where} expects numbers of the network as input {i + 1}")
        return value

    def onto(self, flow: Flow, *steps: Step) -> Flow:
        """The flow after more steps."""
        return Flow((*flow.steps, *steps), flow.columns)


Operation = Callable[[Call], Value]


def _gemm(call: Call) -> Value:
    """The sum alpha A' B' + beta C, where A' and B' may be transposed."""
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    turned = [bool(call.number(name, 0)) for name in ("transA", "transB")]
    bias = call.given(2)
    if bias is not None and not isinstance(bias, np.ndarray):
        raise ValueError(f"{call.where} adds two branches; a network here is one chain of layers, no skip connections")
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is told with the layer
        shift = None if bias is None else beta * bias
    return _product(call, turned[0], turned[1], alpha, shift)


def _matmul(call: Call) -> Value:
    return _product(call, False, False, 1.0, None)


def _product(call: Call, turn_a: bool, turn_b: bool, alpha: float, shift: NDArray[Any] | None) -> Value:
    a, b = call.inputs[0], call.inputs[1]
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        with np.errstate(over="ignore", invalid="ignore"):
            result = alpha * ((a.T if turn_a else a) @ (b.T if turn_b else b))
            return np.asarray(result if shift is None else result + shift)
    if isinstance(a, Flow) and isinstance(b, np.ndarray):  # rows times a kernel (n_in, n_out)
        flow, kernel, columns = a, b if turn_b else b.T, a.columns != turn_a
        expected = False
    elif isinstance(a, np.ndarray) and isinstance(b, Flow):  # a kernel (n_out, n_in) times columns
        flow, kernel, columns = b, a.T if turn_a else a, b.columns != turn_b
        expected = True
    else:
        raise ValueError(f"{call.where} multiplies two values of the network (attention does so), expected a constant")
    if kernel.ndim != 2 or columns != expected:
        raise ValueError(f"{call.where} multiplies from the wrong side, or its kernel {kernel.shape} is no matrix")
    if shift is not None:
        shift = _feature_vector(call, shift, expected)
        if shift.size == 1:
            shift = np.full(len(kernel), shift.reshape(()))
    # A kernel that doesn't fit is told with its shapes when the layers are made.
    with np.errstate(over="ignore", invalid="ignore"):
        kernel = alpha * kernel
    return Flow((*flow.steps, affine(kernel, shift, call.where)), expected)


def _feature_vector(call: Call, values: NDArray[Any], columns: bool) -> NDArray[Any]:
    """A number for each feature, (n,), from a constant that is added to rows or columns; or one for all, ()."""
    shape = values.shape[::-1] if columns and values.ndim == 2 else values.shape
    if values.size == 1:
        return values.reshape(())
    if (columns and values.ndim < 2) or prod(shape[:-1]) != 1:
        raise ValueError(f"{call.where} has a constant of shape {values.shape}, expected a number for each feature")
    return values.reshape(-1)


def _arithmetic(
    name: str, function: Callable[[Any, Any], Any], with_constant: Callable[[Any, bool, str], tuple[Step, ...]]
) -> Operation:
    """An operation of two values: of constants, of a flow and a constant, or a formula of two flows.

    Args:
        name: of the operation.
        function: what it computes.
        with_constant: its steps, for the constant c, and whether c stands first.
    """

    def operation(call: Call) -> Value:
        a, b = call.inputs
        if isinstance(a, Shape) or isinstance(b, Shape):
            return Shape()
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            with np.errstate(all="ignore"):
                return np.asarray(function(a, b))
        if isinstance(a, Flow) and isinstance(b, Flow):
            if a.columns != b.columns:
                raise ValueError(f"{call.where} joins rows with columns")
            return Flow(joined(a.steps, b.steps, function, name, call.where), a.columns)
        flow, constant = (a, b) if isinstance(a, Flow) else (b, a)
        if not isinstance(flow, Flow) or not isinstance(constant, np.ndarray):
            raise ValueError(f"{call.where} lacks an input")
        vector = _feature_vector(call, constant, flow.columns)
        return call.onto(flow, *with_constant(vector, constant is a, call.where))

    return operation


def _add(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    return (scale(1.0, c, where),)


def _sub(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    return (scale(-1.0, c, where) if first else scale(1.0, -c, where),)


def _mul(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    return (scale(c, 0.0, where),)


def _div(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    if not first:
        if not np.all(c):
            raise ValueError(f"{where} divides by 0")
        return (scale(1 / np.asarray(c, np.float64), 0.0, where),)
    return (*part("reciprocal", PARTS["reciprocal"], where), scale(c, 0.0, where))


def _pow(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    if first or np.size(c) != 1:
        raise ValueError(f"{where} raises to powers that are not one number")
    exponent = float(np.reshape(c, ()))
    return () if exponent == 1 else part(f"power {exponent:g}", lambda z: z**exponent, where)


def _largest(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    return pointwise.clip(_one(c, where), None, where)


def _smallest(c: Any, first: bool, where: str) -> tuple[Step, ...]:
    return pointwise.clip(None, _one(c, where), where)


def _one(c: Any, where: str) -> float:
    if np.size(c) != 1:
        raise ValueError(f"{where} has a constant of shape {np.shape(c)}, expected one number")
    return float(np.reshape(c, ()))


def _steps(make: Callable[[Call], tuple[Step, ...]], plain: Callable[[Any], Any] | None = None) -> Operation:
    """An operation of one value."""

    def operation(call: Call) -> Value:
        if isinstance(call.inputs[0], np.ndarray) and plain is not None:
            return np.asarray(plain(call.inputs[0]))
        return call.onto(call.flow(), *make(call))

    return operation


def _named(name: str) -> Operation:
    return _steps(lambda call: pointwise.plain(name, call.where))


def _part(name: str) -> Operation:
    return _steps(lambda call: part(name, PARTS[name], call.where), PARTS[name])


def _clip(call: Call) -> tuple[Step, ...]:
    if call.opset < 11:
        return pointwise.clip(call.number("min", -np.inf), call.number("max", np.inf), call.where)
    low, high = (None if call.given(i) is None else _one(call.array(i), call.where) for i in (1, 2))
    return pointwise.clip(low, high, call.where)


def _norm(call: Call) -> Value:
    if call.number("training_mode", 0):
        raise ValueError(f"{call.where} is in training: export the network in evaluation mode")
    flow = call.flow()
    if flow.columns:
        raise ValueError(f"{call.where} takes points in columns")
    gamma, beta, mean, variance = (call.array(i) for i in range(1, 5))
    return call.onto(flow, batch_normalisation(gamma, beta, mean, variance, call.number("epsilon", 1e-5), call.where))


def _softmax(call: Call) -> Value:
    return call.onto(call.flow(), Softmax(call.where))


def _same(call: Call) -> Value:
    """What changes nothing: a Dropout that is not training, a Flatten or Reshape of rows, a Cast."""
    value = call.inputs[0]
    if isinstance(value, Flow) and value.columns:
        raise ValueError(f"{call.where} takes points in columns")
    return value


def _transpose(call: Call) -> Value:
    value = call.inputs[0]
    order = call.attributes.get("perm")
    order = None if order is None else list(order.ints)
    if isinstance(value, np.ndarray):
        return np.transpose(value, order)
    flow = call.flow()
    if order not in (None, [1, 0], [0, 1]):
        raise ValueError(f"{call.where} turns {order}, expected rows and columns")
    return flow if order == [0, 1] else Flow(flow.steps, not flow.columns)


def _shaped(call: Call) -> Value:
    """A Reshape, Squeeze or Unsqueeze: of a constant it is done, of a flow it must keep the rows."""
    value = call.inputs[0]
    if isinstance(value, np.ndarray) and isinstance(call.given(1), np.ndarray):
        return value.reshape([int(n) for n in call.array(1)])
    if isinstance(value, Shape):
        return value
    shape = call.given(1)
    if isinstance(shape, np.ndarray) and isinstance(value, Flow):
        width = next((len(step.weight) for step in reversed(value.steps) if isinstance(step, Affine)), None)
        sizes = [int(n) for n in shape.reshape(-1)]
        one_number = sizes in ([-1], [-1, 1]) and width == 1
        if not one_number and (len(sizes) != 2 or (width and sizes[1] not in (-1, 0, width))):
            raise ValueError(f"{call.where} shapes the numbers of a point to {sizes}, expected one row for each point")
    return _same(call)


def _unary_constant(function: Callable[[Any], Any]) -> Operation:
    def operation(call: Call) -> Value:
        if isinstance(call.inputs[0], Flow):
            return _same(call)
        return Shape() if isinstance(call.inputs[0], Shape) else np.asarray(function(call.inputs[0]))

    return operation


def _shape_like(call: Call) -> Value:
    """The shape of a flow, or a part of one."""
    if any(isinstance(value, Flow) for value in call.inputs):
        raise ValueError(f"{call.where} takes a part of the numbers of a point, or joins two: a network here can't")
    return Shape()


def _concat(call: Call) -> Value:
    """Both probabilities of two classes, 1 - p and p, are what `predict_proba` makes of p."""
    match call.inputs:
        case [Flow(steps=[*before, Scale(factor=minus, shift=one)]), Flow(steps=probability)] if (
            tuple(before) == probability and minus == -1 and one == 1
        ):
            return call.inputs[1]
    return _shape_like(call)


def _scaler(call: Call) -> Value:
    """(x - offset) * scale, of ai.onnx.ml."""
    offset, factor = (np.asarray(list(call.attributes[name].floats)) for name in ("offset", "scale"))
    return call.onto(call.flow(), scale(factor, -offset * factor, call.where))


OPERATIONS: Mapping[str, Operation] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _arithmetic("Add", np.add, _add),
    "Sub": _arithmetic("Sub", np.subtract, _sub),
    "Mul": _arithmetic("Mul", np.multiply, _mul),
    "Div": _arithmetic("Div", np.divide, _div),
    "Pow": _arithmetic("Pow", np.power, _pow),
    "Max": _arithmetic("Max", np.maximum, _largest),
    "Min": _arithmetic("Min", np.minimum, _smallest),
    "BatchNormalization": _norm,
    "Scaler": _scaler,
    "Normalizer": _softmax,  # skl2onnx divides probabilities by their sum
    "Relu": _named("relu"),
    "LeakyRelu": _steps(lambda call: pointwise.leaky_relu(call.where, call.number("alpha", 0.01))),
    "PRelu": _steps(lambda call: pointwise.prelu(call.array(1), call.where)),
    "Elu": _steps(lambda call: pointwise.known("elu", call.where, call.number("alpha", 1.0))),
    "Celu": _steps(lambda call: pointwise.known("celu", call.where, call.number("alpha", 1.0))),
    "Selu": _steps(
        lambda call: pointwise.known(
            "selu", call.where, call.number("alpha", 1.6732632), call.number("gamma", 1.050701)
        )
    ),
    "Gelu": _steps(lambda call: pointwise.gelu(call.text("approximate", "none"), call.where)),
    "Sigmoid": _named("sigmoid"),
    "HardSigmoid": _steps(
        lambda call: pointwise.known("hard_sigmoid", call.where, call.number("alpha", 0.2), call.number("beta", 0.5))
    ),
    "HardSwish": _named("hard_swish"),
    "Swish": _steps(lambda call: pointwise.known("silu", call.where, call.number("alpha", 1.0))),
    "Mish": _named("mish"),
    "Tanh": _named("tanh"),
    "Softplus": _named("softplus"),
    "Softsign": _named("softsign"),
    "Sin": _named("sin"),
    "Cos": _steps(lambda call: (scale(1.0, np.pi / 2, call.where), *pointwise.plain("sin", call.where))),
    "Abs": _steps(lambda call: pointwise.plain("abs", call.where), np.abs),
    "Neg": _steps(lambda call: (scale(-1.0, 0.0, call.where),), np.negative),
    "Clip": _steps(_clip),
    "Erf": _part("erf"),
    "Exp": _part("exp"),
    "Log": _part("log"),
    "Sqrt": _part("sqrt"),
    "Reciprocal": _part("reciprocal"),
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "ArgMax": _softmax,
    "Identity": _same,
    "Dropout": _same,
    "Flatten": _same,
    "Cast": _unary_constant(np.asarray),
    "CastLike": _unary_constant(np.asarray),
    "Reshape": _shaped,
    "Squeeze": _same,
    "Unsqueeze": _same,
    "Transpose": _transpose,
    "Shape": lambda call: Shape(),
    "Gather": _shape_like,
    "Concat": _concat,
    "Slice": _shape_like,
}
"""What each operation that can be taken does, by its name."""
