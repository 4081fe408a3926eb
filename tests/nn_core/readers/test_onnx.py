"""ONNX graphs that no exporter writes: numbers in other files, formulas, branches, promises."""

import re
import sys

import numpy as np
import pytest

from nn_core.readers import read_network

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

RNG = np.random.default_rng(0)
CONSTANTS = {
    "w": RNG.normal(size=(2, 3)).astype("f4"),
    "v": RNG.normal(size=(3, 3)).astype("f4"),
    "b": RNG.normal(size=3).astype("f4"),
    "one": np.float32(1),
    "half": np.float32(0.5),
    "root": np.float32(np.sqrt(2)),
    "three": np.float32(3),
    "zero": np.float32(0),
    "six": np.float32(6),
    "rows": np.array([3, 2], np.int64),
}


def graph(*nodes, outputs=("y",), constants=CONSTANTS, opset=17, inputs=("x",)):
    """Nodes as "Gemm x w b -> y", attributes as a dict behind it."""
    made = []
    for node in nodes:
        text, attributes = node if isinstance(node, tuple) else (node, {})
        left, right = text.split("->")
        kind, *names = left.split()
        made.append(helper.make_node(kind, names, right.split(), **attributes))
    body = helper.make_graph(
        made,
        "g",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", opset)])


def read(tmp_path, model):
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString())
    return read_network(tmp_path / "a.onnx")


X = RNG.normal(size=(20, 2))
Z = X @ CONSTANTS["w"].astype(float) + CONSTANTS["b"]
HEAD, TAIL = "Gemm x w b -> z", "MatMul a v -> y"


@pytest.mark.parametrize(
    ("nodes", "name", "function"),
    [
        (["Sigmoid z -> s", "Mul z s -> a"], "silu", lambda z: z / (1 + np.exp(-z))),
        (["Sigmoid z -> s", "Mul s z -> a"], "silu", lambda z: z / (1 + np.exp(-z))),
        (["Add z three -> s", "Clip s zero six -> c", "Mul z c -> m", "Div m six -> a"], "hard_swish", None),
        (["Abs z -> s", "Add s one -> t", "Div z t -> a"], "softsign", lambda z: z / (1 + abs(z))),
        (["Exp z -> e", "Add e one -> p", "Log p -> a"], "softplus", lambda z: np.log1p(np.exp(z))),
        (["Neg z -> m", "Exp m -> e", "Add e one -> p", "Div one p -> a"], "sigmoid", lambda z: 1 / (1 + np.exp(-z))),
        (["Max z zero -> a"], "relu", lambda z: np.maximum(z, 0)),
        (["Abs z -> a"], "abs", np.abs),
    ],
)
def test_formulas_are_recognised_by_their_values(tmp_path, nodes, name, function):
    network = read(tmp_path, graph(HEAD, *nodes, TAIL))
    assert [layer.activation.name for layer in network.layers] == [name, "identity"]
    expected = (Z * np.clip(Z + 3, 0, 6) / 6 if function is None else function(Z)) @ CONSTANTS["v"]
    np.testing.assert_allclose(network.logits(X), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([HEAD, "Relu z -> r", "MatMul r v -> u", "Add u r -> y"], "joins two branches"),
        ([HEAD, "Erf z -> y"], r"\(erf\) is no activation"),
        ([HEAD, "Mul z z -> y"], "is no activation"),
        ([HEAD, "MatMul z z -> y"], "multiplies two values of the network"),
        (["Conv x w -> y"], r"the node 'y' \(Conv\) can't be taken"),
        ([HEAD, "Softmax z -> s", "MatMul s v -> y"], "is a softmax in the middle"),
        ([HEAD, "Concat z z -> y"], "joins two"),
        ([HEAD, "Reshape z rows -> y"], "expected one row for each point"),
        (["MatMul x w -> z", "MatMul z w -> y"], r"has shape \(3, 2\), but 3 numbers come in"),
        (["MatMul v x -> y"], "points in columns|wrong side"),
        ([HEAD, "Div z zero -> y"], "divides by 0"),
        ([HEAD, "Gemm z v q -> y"], "lacks the value 'q'"),
        (["Add y x -> y"], "in a circle"),
        (["Identity w -> y"], "output doesn't come from its input"),
        ([HEAD, "Clip z six zero -> y"], "must be below the second"),
        ([HEAD, "Add z -> y"], "inputs that it can't take|not enough values"),
        ([HEAD, "Relu -> y"], "inputs that it can't take"),
    ],
)
def test_graphs_that_are_no_chain(nodes, words, one_line):
    line = one_line(graph(*nodes).SerializeToString(), "a.onnx")
    assert re.search(words, line), line


def test_numbers_in_another_file_are_not_read(tmp_path, one_line):
    model = graph(HEAD, "Relu z -> y")
    secret = tmp_path / "secret.bin"
    secret.write_bytes(b"\0" * 24)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    assert "the constant 'w' lies in another file" in one_line(model.SerializeToString(), "a.onnx")


def test_constants_that_promise_much(one_line):
    model = graph(HEAD, "Relu z -> y")
    model.graph.initializer[0].dims[:] = [10**6, 10**6]
    assert "expected at most" in one_line(model.SerializeToString(), "a.onnx")
    model.graph.initializer[0].dims[:] = [2, 4]
    assert "the constant 'w' is damaged" in one_line(model.SerializeToString(), "a.onnx")


def test_a_formula_that_doubles_at_each_step_ends(one_line):
    """As a tree it has 2**100 parts."""
    nodes = [HEAD, "Exp z -> a0", "Sigmoid z -> b0"]
    for i in range(100):
        nodes += [f"Mul a{i} b{i} -> a{i + 1}", f"Add a{i} b{i} -> b{i + 1}"]
    line = one_line(graph(*nodes, "Identity a100 -> y").SerializeToString(), "a.onnx")
    assert "more than 64 operations" in line


def test_thousands_of_nodes(one_line):
    nodes = [f"Identity x{i} -> x{i + 1}" for i in range(3000)]
    line = one_line(graph(*nodes, inputs=("x0",), outputs=("x3000",)).SerializeToString(), "a.onnx")
    assert "3,000 nodes" in line


def test_several_inputs_and_functions_of_its_own(one_line):
    assert "it has 2 inputs (x, y)" in one_line(graph("Add x y -> z", inputs=("x", "y")).SerializeToString(), "a.onnx")
    model = graph(HEAD, "Relu z -> y")
    model.functions.add(name="f", domain="mine")
    assert "functions of its own" in one_line(model.SerializeToString(), "a.onnx")


def test_without_the_package_it_is_one_line(monkeypatch, one_line):
    monkeypatch.setitem(sys.modules, "onnx", None)
    line = one_line(graph(HEAD, "Relu z -> y").SerializeToString(), "a.onnx")
    assert 'the package onnx is needed: pip install "nn-unfold[onnx]"' in line


def test_activations_beside_a_file_that_knows_them(one_line):
    line = one_line(graph(HEAD, "Relu z -> y").SerializeToString(), "a.onnx", activations="tanh")
    assert "it knows its activations" in line
