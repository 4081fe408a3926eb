"""PyTorch modules in memory: their code is followed by `torch.fx`, and the result is held against the module."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from nn_core.network import Network
from nn_core.readers import pointwise
from nn_core.readers.chain import network_of
from nn_core.readers.pointwise import PARTS, joined, part
from nn_core.readers.pytorch import module_steps
from nn_core.readers.steps import Softmax, Step, affine, scale

Steps = tuple[Step, ...]


def traced(module: Any) -> Network:
    """The network that a module is.

    Raises:
        ValueError: it has a layer that can't be taken, its code can't be followed, or the network that was found
            doesn't give what the module gives.
    """
    import torch
    from torch import fx

    if not isinstance(module, torch.nn.Module):
        raise ValueError(f"a module of PyTorch is expected, not {type(module).__name__}; a file: read_network(path)")
    copy = deepcopy(module).cpu().double().eval()
    try:
        graph = fx.symbolic_trace(copy)
    except Exception as error:  # whatever its code raises
        why = " ".join(str(error).split())[:200]
        raise ValueError(
            f"the code of {type(module).__name__} can't be followed ({type(error).__name__}: {why}): export it "
            "to ONNX, then read_network"
        ) from error
    steps = _steps_of_graph(graph)
    network = network_of(steps)
    _check(copy, network, steps)
    return network


def _check(module: Any, network: Network, steps: Steps) -> None:
    """Ask both at some points.

    Raises:
        ValueError: they don't agree.
    """
    import torch

    X = np.random.default_rng(0).normal(size=(64, network.n_in))
    with torch.no_grad():
        expected = np.asarray(module(torch.from_numpy(X)))
    if expected.shape == (len(X),) and isinstance(steps[-1], Softmax):
        return  # labels
    found = network.check(X, expected)
    if found.difference > 1e-6 * max(1.0, float(np.abs(expected).max())):
        raise ValueError(
            f"the module has other outputs than the network that was read of it (largest difference "
            f"{found.difference:.0e}): it does something that can't be followed; export it to ONNX, then read_network"
        )


def _steps_of_graph(graph: Any) -> Steps:
    values: dict[Any, Any] = {}
    for node in graph.graph.nodes:
        where = f"the step {node.name!r}"
        if node.op == "placeholder":
            if any(isinstance(value, tuple) for value in values.values()):
                raise ValueError(f"the module takes several inputs, {node.name!r} is the second; expected one")
            values[node] = ()
        elif node.op == "get_attr":
            values[node] = _tensor(graph, node.target)
        elif node.op == "output":
            (result,) = node.args
            if result not in values or not isinstance(values[result], tuple):
                raise ValueError("the module gives something else than one array that its input decides")
            return values[result]  # type: ignore[no-any-return]
        elif node.op == "call_module":
            part_of = graph.get_submodule(node.target)
            (source,) = node.args
            kind = type(part_of).__name__.removeprefix("Parametrized")
            values[node] = (*values[source], *module_steps(kind, _attributes(part_of), node.target))
        else:
            name = node.target if isinstance(node.target, str) else node.target.__name__
            call = Call(f"{where} ({name})", [values.get(arg, arg) for arg in _hashable(node.args)], dict(node.kwargs))
            call.keywords = {key: values.get(arg, arg) for key, arg in call.keywords.items() if _is_plain(arg)}
            if name not in FUNCTIONS:
                raise ValueError(
                    f"{call.where} can't be taken: a network here has affine layers, BatchNorm and activations"
                )
            values[node] = FUNCTIONS[name](call)
    raise ValueError("the module gives nothing")


def _is_plain(argument: Any) -> bool:
    return not isinstance(argument, list | dict | slice)


def _hashable(arguments: Any) -> list[Any]:
    return [argument if _is_plain(argument) and not isinstance(argument, tuple) else None for argument in arguments]


def _tensor(graph: Any, name: str) -> Any:
    value = graph
    for attribute in name.split("."):
        value = getattr(value, attribute)
    return _plain(value)


def _plain(value: Any) -> Any:
    return value.detach().numpy() if hasattr(value, "detach") else value


def _attributes(module: Any) -> Callable[..., Any]:
    return lambda name, default=None: _plain(getattr(module, name, default))


class Call:
    """A function or method that is called, with constants and steps as arguments.

    Args:
        where: for messages.
        arguments: by place.
        keywords: by name.
    """

    def __init__(self, where: str, arguments: list[Any], keywords: dict[str, Any]) -> None:
        self.where, self.arguments, self.keywords = where, arguments, keywords

    def get(self, i: int, name: str, default: Any = None) -> Any:
        """An argument by its place or its name."""
        return self.arguments[i] if i < len(self.arguments) else self.keywords.get(name, default)

    @property
    def flow(self) -> Steps:
        """The first argument: the steps up to here."""
        value = self.get(0, "input", self.get(0, "x"))
        if not isinstance(value, tuple):
            raise ValueError(f"{self.where} takes something that is not the module's input")
        return value

    def then(self, *steps: Step) -> Steps:
        """The steps up to here and some more."""
        return (*self.flow, *steps)


Function = Callable[[Call], Any]


def _named(name: str) -> Function:
    return lambda call: call.then(*pointwise.plain(name, call.where))


def _part(name: str) -> Function:
    return lambda call: call.then(*part(name, PARTS[name], call.where))


def _nothing(call: Call) -> Steps:
    return call.flow


def _softmax(call: Call) -> Steps:
    return call.then(Softmax(call.where))


def _linear(call: Call) -> Steps:
    return call.then(affine(call.get(1, "weight"), call.get(2, "bias"), call.where))


def _matmul(call: Call) -> Steps:
    kernel = call.get(1, "other")
    if not isinstance(kernel, np.ndarray) or kernel.ndim != 2:
        raise ValueError(f"{call.where} multiplies with something that is no matrix of the module")
    return call.then(affine(kernel, None, call.where, inputs_first=True))


def _arithmetic(
    name: str, function: Callable[[Any, Any], Any], with_constant: Callable[[Any, bool, str], Steps]
) -> Function:
    def operation(call: Call) -> Any:
        a, b = call.get(0, "input"), call.get(1, "other")
        if isinstance(a, tuple) and isinstance(b, tuple):
            return joined(a, b, function, name, call.where)
        if isinstance(a, tuple) and _is_number(b):
            return (*a, *with_constant(_row(b, call.where), False, call.where))
        if isinstance(b, tuple) and _is_number(a):
            return (*b, *with_constant(_row(a, call.where), True, call.where))
        if _is_number(a) and _is_number(b):
            return function(a, b)
        raise ValueError(f"{call.where} has arguments that it can't take")

    return operation


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.ndarray)


def _row(value: Any, where: str) -> Any:
    array = np.asarray(value, np.float64)
    if array.size == 1:
        return array.reshape(())
    if array.ndim == 0 or array.shape[-1] != array.size:
        raise ValueError(f"{where} has a constant of shape {array.shape}, expected a number for each feature")
    return array.reshape(-1)


def _subtract(c: Any, first: bool, where: str) -> Steps:
    return (scale(-1.0, c, where) if first else scale(1.0, -c, where),)


def _divide(c: Any, first: bool, where: str) -> Steps:
    if first:
        return (*part("reciprocal", PARTS["reciprocal"], where), scale(c, 0.0, where))
    if not np.all(c):
        raise ValueError(f"{where} divides by 0")
    return (scale(1 / c, 0.0, where),)


def _power(c: Any, first: bool, where: str) -> Steps:
    if first or np.size(c) != 1:
        raise ValueError(f"{where} raises to powers that are not one number")
    exponent = float(c)
    return part(f"power {exponent:g}", lambda z: z**exponent, where)


def _clamp(call: Call) -> Steps:
    return call.then(*pointwise.clip(call.get(1, "min"), call.get(2, "max"), call.where))


def _shape(call: Call) -> None:
    """A shape or a part of it, for a reshape. It is not needed: the check at the end finds one that mixes points."""
    if isinstance(call.get(0, "input"), tuple) and call.where.endswith("(getitem)"):
        raise ValueError(f"{call.where} takes a part of the numbers of a point: a network here can't")
    return None


FUNCTIONS: Mapping[str, Function] = {
    "linear": _linear,
    "matmul": _matmul,
    "add": _arithmetic("add", np.add, lambda c, first, where: (scale(1.0, c, where),)),
    "sub": _arithmetic("sub", np.subtract, _subtract),
    "mul": _arithmetic("mul", np.multiply, lambda c, first, where: (scale(c, 0.0, where),)),
    "truediv": _arithmetic("div", np.divide, _divide),
    "div": _arithmetic("div", np.divide, _divide),
    "pow": _arithmetic("pow", np.power, _power),
    "neg": lambda call: call.then(scale(-1.0, 0.0, call.where)),
    "relu": _named("relu"),
    "relu_": _named("relu"),
    "relu6": _named("relu6"),
    "leaky_relu": lambda call: call.then(*pointwise.leaky_relu(call.where, call.get(1, "negative_slope", 0.01))),
    "prelu": lambda call: call.then(*pointwise.prelu(call.get(1, "weight"), call.where)),
    "elu": lambda call: call.then(*pointwise.known("elu", call.where, call.get(1, "alpha", 1.0))),
    "celu": lambda call: call.then(*pointwise.known("celu", call.where, call.get(1, "alpha", 1.0))),
    "selu": _named("selu"),
    "gelu": lambda call: call.then(*pointwise.gelu(call.get(1, "approximate", "none"), call.where)),
    "silu": _named("silu"),
    "mish": _named("mish"),
    "sigmoid": _named("sigmoid"),
    "logsigmoid": lambda call: call.then(*pointwise.plain("log_sigmoid", call.where)),
    "tanh": _named("tanh"),
    "hardtanh": lambda call: call.then(
        *pointwise.clip(call.get(1, "min_val", -1.0), call.get(2, "max_val", 1.0), call.where)
    ),
    "hardsigmoid": _named("hard_sigmoid"),
    "hardswish": _named("hard_swish"),
    "softplus": lambda call: call.then(*pointwise.known("softplus", call.where, call.get(1, "beta", 1.0))),
    "softsign": _named("softsign"),
    "sin": _named("sin"),
    "cos": lambda call: call.then(scale(1.0, np.pi / 2, call.where), *pointwise.plain("sin", call.where)),
    "abs": lambda call: call.then(*pointwise.plain("abs", call.where)),
    "clamp": _clamp,
    "clip": _clamp,
    "erf": _part("erf"),
    "exp": _part("exp"),
    "log": _part("log"),
    "sqrt": _part("sqrt"),
    "square": _part("square"),
    "softmax": _softmax,
    "log_softmax": _softmax,
    "argmax": _softmax,
    "dropout": _nothing,
    "alpha_dropout": _nothing,
    "flatten": _nothing,
    "contiguous": _nothing,
    "float": _nothing,
    "double": _nothing,
    "squeeze": _nothing,
    "view": _nothing,
    "reshape": _nothing,
    "size": _shape,
    "getattr": _shape,
    "getitem": _shape,
}
"""What each function or method that can be taken does, by its name."""
