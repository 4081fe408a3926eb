"""Record networks of PyTorch, Keras, ONNX Runtime and scikit-learn, for tests that then need none of them.

Run this file where all of them are installed; it writes `foreign.zip` next to itself: a small file for each network
as its library writes it, in `foreign.npz` for each of them points and what the library computes at them, and in
`foreign.json` how each file is read, and the versions.
The weights are random or trained for a moment; what counts is that all kinds are there.
"""

import json
import os
import shutil
import sys
import tempfile
import types
import zipfile
from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"
import numpy as np

ARCHIVE = Path(__file__).with_name("foreign.zip")
HERE = Path(tempfile.mkdtemp())
RECORD = {}
NOTES = {}


def note(case, file, x, y, **how):
    """Remember what the library computed, and how the file is to be read."""
    RECORD[f"{case}/x"], RECORD[f"{case}/y"] = np.asarray(x), np.asarray(y)
    NOTES[case] = {"file": file, **how}


def points(n_in, seed=0):
    """Where the networks are asked, (16, n_in)."""
    return np.random.default_rng(seed).normal(size=(16, n_in)).astype(np.float32)


# PyTorch ---------------------------------------------------------------------------------------------------------


def torch_networks():
    """The networks by name, each with the activations that a state_dict of it lacks (None: it can't be read)."""
    import torch
    from torch import nn

    def mlp(sizes, activation, *, norm=None, end=()):
        parts = []
        for i, (a, b) in enumerate(pairwise(sizes)):
            parts.append(nn.Linear(a, b))
            if i < len(sizes) - 2:
                middle = [activation()]
                if norm == "before":
                    middle.insert(0, nn.BatchNorm1d(b))
                if norm == "after":
                    middle.append(nn.BatchNorm1d(b))
                parts += middle
        return nn.Sequential(*parts, *end)

    class Net(nn.Module):
        """Modules by name, in the order of their use."""

        def __init__(self):
            super().__init__()
            self.fc1, self.act1 = nn.Linear(2, 6), nn.ReLU()
            self.fc2, self.act2 = nn.Linear(6, 5), nn.Tanh()
            self.head = nn.Linear(5, 3)

        def forward(self, x):
            return self.head(self.act2(self.fc2(self.act1(self.fc1(x)))))

    class Functional(nn.Module):
        """The activations are in the code only, and one layer is named after its place."""

        def __init__(self):
            super().__init__()
            self.input, self.hidden, self.output = nn.Linear(2, 6), nn.Linear(6, 4), nn.Linear(4, 3)

        def forward(self, x):
            x = torch.relu(self.input(x))
            return self.output(nn.functional.relu(self.hidden(x)))

    # Pickled as classes of a file that the reader doesn't have.
    sys.modules["lesson"] = types.ModuleType("lesson")
    for kind in (Net, Functional):
        kind.__module__, kind.__qualname__ = "lesson", kind.__name__
        setattr(sys.modules["lesson"], kind.__name__, kind)
    nested = nn.Sequential(
        OrderedDict(
            body=nn.Sequential(nn.Flatten(), nn.Linear(4, 8), nn.Sequential(nn.ReLU(), nn.Dropout(0.3))),
            head=nn.Sequential(nn.Linear(8, 3), nn.Softmax(dim=1)),
        )
    )
    strided = mlp((3, 4, 2), nn.ReLU)
    with torch.no_grad():
        strided[0].weight = nn.Parameter(torch.randn(3, 4).t())
        strided[2].weight = nn.Parameter(torch.randn(9, 9)[1:8:4, 2:6])
    return {
        "2-3-2": (mlp((2, 3, 2), nn.ReLU), "relu"),
        "2-64-64-5": (mlp((2, 64, 64, 5), nn.ReLU), "ReLU"),
        "4-8-3": (mlp((4, 8, 3), nn.Tanh), "tanh"),
        "2-16-16-1": (mlp((2, 16, 16, 1), nn.Tanh, end=[nn.Sigmoid()]), ["tanh", "tanh", "sigmoid"]),
        "norm-before": (mlp((2, 6, 5, 3), nn.ReLU, norm="before"), "relu"),
        "norm-after": (mlp((2, 6, 5, 3), nn.Tanh, norm="after"), "tanh"),
        "norm-first": (nn.Sequential(nn.BatchNorm1d(4), *mlp((4, 5, 2), nn.Sigmoid)), "sigmoid"),
        "nested": (nested, ["relu", "identity"]),
        "strided": (strided, "relu"),
        "double": (mlp((2, 5, 2), nn.ReLU).double(), "relu"),
        "half": (mlp((2, 5, 2), nn.ReLU).half(), "relu"),
        "bfloat16": (mlp((2, 5, 2), nn.ReLU).bfloat16(), "relu"),
        "no-bias": (nn.Sequential(nn.Linear(2, 4, bias=False), nn.ReLU(), nn.Linear(4, 2, bias=False)), "relu"),
        "named": (Net(), ["relu", "tanh", "identity"]),
        "functional": (Functional(), "relu"),
    }


def torch_activations():
    """Each activation with parameters other than its defaults, where it has some."""
    from torch import nn

    return {
        "Identity": nn.Identity(),
        "LeakyReLU": nn.LeakyReLU(0.2),
        "PReLU": nn.PReLU(),
        "PReLU-each": nn.PReLU(4, init=0.1),
        "ReLU6": nn.ReLU6(),
        "ELU": nn.ELU(),
        "ELU-2": nn.ELU(1.7),
        "CELU": nn.CELU(0.6),
        "SELU": nn.SELU(),
        "GELU": nn.GELU(),
        "GELU-tanh": nn.GELU(approximate="tanh"),
        "SiLU": nn.SiLU(),
        "Mish": nn.Mish(),
        "Hardtanh": nn.Hardtanh(),
        "Hardtanh-2": nn.Hardtanh(-0.5, 1.5),
        "Hardsigmoid": nn.Hardsigmoid(),
        "Hardswish": nn.Hardswish(),
        "Softplus": nn.Softplus(),
        "Softplus-2": nn.Softplus(beta=2.5),
        "Softsign": nn.Softsign(),
        "Sigmoid": nn.Sigmoid(),
        "LogSigmoid": nn.LogSigmoid(),
        "Tanh": nn.Tanh(),
    }


def record_torch():
    """Whole modules, state_dicts, the old format, safetensors, TorchScript, and ONNX by both exporters."""
    import torch
    from safetensors.torch import save_file
    from torch import nn

    torch.manual_seed(0)

    def lived(module, n_in):
        """With numbers in its BatchNorms."""
        module.train()
        for _ in range(20):
            module(torch.randn(64, n_in, dtype=next(module.parameters()).dtype) * 2 + 1)
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d):
                nn.init.uniform_(part.weight, 0.5, 2)
                nn.init.normal_(part.bias)
        return module.eval()

    def asked(module, n_in):
        x = points(n_in)
        with torch.no_grad():
            return x, module.double()(torch.from_numpy(x).double()).numpy()

    def wide(module):
        return next(p for p in module.parameters() if p.ndim == 2).shape[1]

    for name, (module, activations) in torch_networks().items():
        n_in = wide(module)
        lived(module, n_in)
        files = {f"torch-{name}-whole.pt": ("whole", None), f"torch-{name}-state.pt": ("state", activations)}
        torch.save(module, HERE / f"torch-{name}-whole.pt")
        torch.save(module.state_dict(), HERE / f"torch-{name}-state.pt")
        if name in ("2-3-2", "norm-after", "bfloat16", "functional"):
            save_file(
                {key: part.contiguous() for key, part in module.state_dict().items()},
                HERE / f"torch-{name}.safetensors",
            )
            files[f"torch-{name}.safetensors"] = ("safetensors", activations)
        if name in ("2-3-2", "norm-before", "strided", "half"):
            torch.save(module, HERE / f"torch-{name}-legacy.pt", _use_new_zipfile_serialization=False)
            files[f"torch-{name}-legacy.pt"] = ("legacy", None)
        if name == "4-8-3":
            checkpoint = {"epoch": 3, "model_state_dict": module.state_dict(), "loss": 0.25}
            checkpoint["optimizer_state_dict"] = torch.optim.Adam(module.parameters()).state_dict()
            torch.save(checkpoint, HERE / "torch-4-8-3-checkpoint.pth")
            files["torch-4-8-3-checkpoint.pth"] = ("checkpoint", activations)
            torch.save(module.state_dict(), HERE / "torch-4-8-3-state-legacy.pth", _use_new_zipfile_serialization=False)
            files["torch-4-8-3-state-legacy.pth"] = ("legacy", activations)
        if name == "2-3-2":
            torch.jit.script(module).save(HERE / f"torch-{name}-script.pt")
            files[f"torch-{name}-script.pt"] = ("script", None)
        if name not in ("double", "half", "bfloat16"):
            sample = torch.from_numpy(points(n_in))
            torch.onnx.export(
                module, (sample,), HERE / f"torch-{name}.onnx", dynamo=False, input_names=["x"],
                dynamic_axes={"x": {0: "n"}}, opset_version=17,
            )  # fmt: skip
            files[f"torch-{name}.onnx"] = ("onnx", None)
        if name in ("norm-after", "nested", "functional"):
            torch.onnx.export(module, (sample,), dynamo=True).save(HERE / f"torch-{name}-dynamo.onnx")
            files[f"torch-{name}-dynamo.onnx"] = ("onnx", None)
        x, y = asked(module, n_in)
        for file, (kind, given) in files.items():
            how = {"activations": given} if given else {}
            note(file, file, x, y, kind=kind, softmax=name == "nested", **how)

    for name, activation in torch_activations().items():
        if name == "PReLU-each":
            nn.init.uniform_(activation.weight, -0.5, 0.9)
        module = nn.Sequential(nn.Linear(2, 4), activation, nn.Linear(4, 2)).eval()
        with torch.no_grad():
            module[0].weight *= 4
        files = {f"torch-act-{name}.pt": "whole"}
        torch.save(module, HERE / f"torch-act-{name}.pt")
        if name not in ("Identity",):
            sample = torch.from_numpy(points(2))
            torch.onnx.export(
                module, (sample,), HERE / f"torch-act-{name}.onnx", dynamo=False, opset_version=17
            )  # fmt: skip
            files[f"torch-act-{name}.onnx"] = "onnx"
            if name in ("GELU", "GELU-tanh", "SiLU", "Mish", "Hardswish", "CELU", "LogSigmoid"):
                torch.onnx.export(module, (sample,), dynamo=True).save(HERE / f"torch-act-{name}-dynamo.onnx")
                files[f"torch-act-{name}-dynamo.onnx"] = "onnx"
        x, y = asked(module, 2)
        for file, kind in files.items():
            note(file, file, x, y, kind=kind)


# Keras -----------------------------------------------------------------------------------------------------------


def record_keras():
    """`.keras` and `.h5` of Sequential and functional models."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(0)
    inputs = keras.Input((2,))
    x = layers.Dense(6, name="first")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Dropout(0.2)(x)
    functional = keras.Model(inputs, layers.Dense(3, activation="softmax", name="last")(x))
    standard = layers.Normalization()
    standard.adapt(points(4, 1) * [3, 10, 0.1, 5] + [1, 200, 0, -4])
    models = {
        "2-3-2": [keras.Input((2,)), layers.Dense(3, activation="relu"), layers.Dense(2)],
        "2-64-64-5": [
            keras.Input((2,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ],
        "2-16-16-1": [
            keras.Input((2,)),
            layers.Dense(16, activation="tanh"),
            layers.Dense(16, activation="tanh"),
            layers.Dense(1, activation="sigmoid"),
        ],
        "normalised": [
            keras.Input((4,)),
            standard,
            layers.Rescaling(0.5, offset=-0.25),
            layers.Dense(8),
            layers.LeakyReLU(negative_slope=0.15),
            layers.BatchNormalization(),
            layers.Dense(3, use_bias=False),
        ],
        "nested": [
            keras.Input((2,)),
            keras.Sequential([layers.Dense(5, name="b"), layers.PReLU()], name="z_body"),
            keras.Sequential([layers.Dense(4, name="b", activation="elu"), layers.Dense(2, name="a")], name="a_head"),
        ],
        "square": [keras.Input((3,)), layers.Dense(3, activation="relu"), layers.Dense(3)],
    }
    chains = {
        "activations-1": ["relu", "leaky_relu", "elu", "selu", "gelu", "silu"],
        "activations-2": ["softplus", "softsign", "mish", "hard_sigmoid", "hard_silu", "sigmoid", "tanh"],
        "activations-3": ["relu6", "hard_tanh", "celu", "log_sigmoid", "linear"],
    }
    for name, names in chains.items():
        models[name] = [keras.Input((2,))]
        models[name] += [
            layers.Dense(3, activation=kind, kernel_initializer=keras.initializers.RandomNormal(stddev=1.5))
            for kind in names
        ]
    models["activations-4"] = [
        keras.Input((2,)),
        layers.Dense(4),
        layers.ReLU(max_value=1.5),
        layers.Dense(4),
        layers.ReLU(negative_slope=0.3),
        layers.Dense(4),
        layers.ELU(alpha=0.7),
        layers.Dense(4),
        layers.Activation("swish"),
        layers.GaussianNoise(0.1),
        layers.Dense(2),
        layers.Softmax(),
    ]
    built = {name: keras.Sequential(parts) for name, parts in models.items()} | {"functional": functional}
    for name, model in built.items():
        for variable in model.variables:
            if "mean" in variable.path and "standard" not in variable.path and "seed" not in variable.path:
                variable.assign(variable + 0.3)
            if "prelu" in variable.path:
                variable.assign(np.linspace(-0.2, 0.5, variable.shape[-1]))
            if "variance" in variable.path:
                variable.assign(variable * 1.7)
        x = points(model.input_shape[-1])
        if name == "normalised":
            x = (x * [3, 10, 0.1, 5] + [1, 200, 0, -4]).astype(np.float32)
        y = np.asarray(model.predict(x, verbose=0))
        softmax = name in ("2-64-64-5", "functional", "activations-4")
        model.save(HERE / f"keras-{name}.keras")
        note(f"keras-{name}.keras", f"keras-{name}.keras", x, y, kind="keras", softmax=softmax)
        if name in ("2-3-2", "normalised", "nested", "functional", "activations-1"):
            model.save(HERE / f"keras-{name}.h5")
            note(f"keras-{name}.h5", f"keras-{name}.h5", x, y, kind="h5", softmax=softmax)
        if name == "2-16-16-1":
            model.save_weights(HERE / f"keras-{name}.weights.h5")
            note(
                f"keras-{name}.weights.h5", f"keras-{name}.weights.h5", x, y,
                kind="h5", activations=["tanh", "tanh", "sigmoid"],
            )  # fmt: skip


# scikit-learn ----------------------------------------------------------------------------------------------------


def record_sklearn():
    """Fitted models as their attributes, in one JSON file, and what skl2onnx makes of some."""
    import onnxruntime
    from skl2onnx import to_onnx
    from sklearn.datasets import load_iris
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler
    from sklearn.svm import LinearSVC, LinearSVR

    iris = load_iris()
    X, names = iris.data.astype(np.float32), iris.target_names[iris.target]
    two, of_two = X[:100, :2], names[:100]
    kw = {"max_iter": 60, "random_state": 0}
    models = {
        "classifier": (MLPClassifier(hidden_layer_sizes=(8,), **kw), X, names),
        "classifier-tanh": (MLPClassifier(hidden_layer_sizes=(6, 5), activation="tanh", **kw), X, iris.target),
        "classifier-binary": (MLPClassifier(hidden_layer_sizes=(5,), activation="logistic", **kw), two, of_two),
        "classifier-identity": (MLPClassifier(hidden_layer_sizes=(5,), activation="identity", **kw), X, names),
        "regressor": (MLPRegressor(hidden_layer_sizes=(7, 4), **kw), X[:, :3], X[:, 3]),
        "regressor-two": (MLPRegressor(hidden_layer_sizes=(7,), **kw), X[:, :2], X[:, 2:]),
        "standard": (make_pipeline(StandardScaler(), MLPClassifier(hidden_layer_sizes=(8, 8), **kw)), X, names),
        "minmax-pca": (
            make_pipeline(MinMaxScaler((-1, 2)), PCA(2), MLPClassifier(hidden_layer_sizes=(8,), **kw)),
            X,
            names,
        ),
        "maxabs-whiten": (
            make_pipeline(MaxAbsScaler(), PCA(3, whiten=True), MLPRegressor(hidden_layer_sizes=(5,), **kw)),
            X,
            X[:, 0] * 3,
        ),
        "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), X, names),
        "logistic-binary": (LogisticRegression(), two, of_two),
        "sgd": (make_pipeline(StandardScaler(), SGDClassifier(random_state=0)), X, names),
        "svc": (LinearSVC(random_state=0), X, names),
        "svr": (LinearSVR(random_state=0), X[:, :3], X[:, 3]),
        "linear": (LinearRegression(), X[:, :3], X[:, 3]),
        "ridge-two": (Ridge(), X[:, :2], X[:, 2:]),
    }
    import warnings

    attributes = {}
    for name, (model, x, y) in models.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y)
        attributes[name] = plain(model)
        some = x[::10]
        decision = getattr(model, "decision_function", None)
        if hasattr(model, "predict_proba"):
            answer = model.predict_proba(some)
        else:
            answer = decision(some) if decision else model.predict(some)
        note(f"sklearn-{name}", "sklearn.json", some, answer, kind="sklearn", softmax=hasattr(model, "predict_proba"))
        RECORD[f"sklearn-{name}/labels"] = np.asarray(model.predict(some))
        if name in ("classifier", "standard", "regressor", "classifier-binary", "minmax-pca"):
            options = {"zipmap": False} if hasattr(model, "predict_proba") else None
            graph = to_onnx(model, some[:1], options=options)
            file = f"sklearn-{name}.onnx"
            (HERE / file).write_bytes(graph.SerializeToString())
            session = onnxruntime.InferenceSession(str(HERE / file))
            outputs = session.run(None, {session.get_inputs()[0].name: some})
            note(file, file, some, outputs[-1], kind="onnx", softmax=hasattr(model, "predict_proba"))
    # What the model says of the iris flowers where a plane of two principal axes shows them.
    model = models["standard"][0]
    plane = PCA(2).fit(X)
    shown = plane.inverse_transform(plane.transform(X))
    RECORD["iris/x"], RECORD["iris/differs"] = X, model.predict(shown) != model.predict(X)
    RECORD["iris/explained"] = plane.explained_variance_ratio_.sum()
    (HERE / "sklearn.json").write_text(json.dumps(attributes))


def plain(model):
    """A fitted model as names, numbers and lists."""
    found = {}
    for name, value in vars(model).items():
        if name == "steps":
            found[name] = [[step, plain(part)] for step, part in value]
        elif isinstance(value, np.ndarray | np.generic):
            found[name] = value.tolist()
        elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            found[name] = [part.tolist() for part in value]
        elif isinstance(value, str | int | float | bool | tuple):
            found[name] = value
    return {"class": type(model).__name__, "attributes": found}


# ONNX by hand ----------------------------------------------------------------------------------------------------


def record_onnx():
    """Graphs that exporters write in other ways: Gemm with factors, MatMul from the left, bias before, constants."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)

    def of(*shape):
        return rng.normal(size=shape).astype(np.float32)

    node = helper.make_node
    graphs = {
        "gemm": (
            3,
            [
                node("Gemm", ["x", "a", "b"], ["1"], alpha=0.5, beta=2.0, transB=0),
                node("LeakyRelu", ["1"], ["2"], alpha=0.3),
                node("Gemm", ["2", "c", "d"], ["3"], alpha=1.5, transB=1),
                node("HardSigmoid", ["3"], ["4"]),
                node("Gemm", ["4", "e"], ["y"], transB=1),
            ],
            {"a": of(3, 5), "b": of(5), "c": of(4, 5), "d": of(1, 4), "e": of(2, 4)},
        ),
        "matmul": (
            3,
            [
                node("Sub", ["x", "mean"], ["0"]),
                node("Div", ["0", "std"], ["1"]),
                node("MatMul", ["1", "a"], ["2"]),
                node("Add", ["b", "2"], ["3"]),
                node("Sin", ["3"], ["4"]),
                node("Transpose", ["ct"], ["c"], perm=[1, 0]),
                node("MatMul", ["4", "c"], ["5"]),
                node("Identity", ["5"], ["6"]),
                node("Clip", ["6", "low", "high"], ["7"]),
                node("Constant", [], ["d"], value=numpy_helper.from_array(of(3, 2))),
                node("MatMul", ["7", "d"], ["8"]),
                node("Sub", ["two", "8"], ["9"]),
                node("LogSoftmax", ["9"], ["y"], axis=-1),
            ],
            {
                "mean": of(3),
                "std": np.abs(of(3)) + 1,
                "a": of(3, 4),
                "b": of(4),
                "ct": of(3, 4),
                "low": np.float32(-0.5),
                "high": np.float32(1.25),
                "two": np.float32(2),
            },
        ),
        "columns": (
            1,
            [
                node("Gemm", ["a", "x", "b"], ["1"], transB=1),
                node("Relu", ["1"], ["2"]),
                node("Transpose", ["2"], ["3"]),
                node("MatMul", ["3", "c"], ["y"]),
            ],
            {"a": of(4, 1), "b": of(4, 1), "c": of(4, 2)},
        ),
        "norm": (
            4,
            [
                node("Flatten", ["x"], ["0"]),
                node("BatchNormalization", ["0", "g", "h", "m", "v"], ["1"], epsilon=0.01),
                node("Gemm", ["1", "a", "b"], ["2"], transB=1),
                node("Elu", ["2"], ["3"], alpha=0.5),
                node("Dropout", ["3"], ["4"]),
                node("Reshape", ["4", "shape"], ["5"]),
                node("Gemm", ["5", "c"], ["6"]),
                node("Abs", ["6"], ["7"]),
                node("Selu", ["7"], ["8"]),
                node("Softplus", ["8"], ["9"]),
                node("Neg", ["9"], ["10"]),
                node("Softsign", ["10"], ["11"]),
                node("ThresholdedRelu", ["11"], ["12"], alpha=0.0),
                node("PRelu", ["11", "s"], ["y"]),
            ],
            {
                "g": of(4),
                "h": of(4),
                "m": of(4),
                "v": np.abs(of(4)) + 0.5,
                "a": of(5, 4),
                "b": of(5),
                "shape": np.array([-1, 5]),
                "c": of(5, 3),
                "s": of(3),
            },
        ),
    }
    for name, (n_in, nodes, constants) in graphs.items():
        graph = helper.make_graph(
            nodes, name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", n_in])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()],
        )  # fmt: skip
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, HERE / f"onnx-{name}.onnx")
        x = points(n_in)
        y = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
        note(f"onnx-{name}.onnx", f"onnx-{name}.onnx", x, y, kind="onnx", softmax="log" if name == "matmul" else False)


def main():
    """Write the archive anew."""
    import keras
    import onnx
    import onnxruntime
    import safetensors
    import sklearn
    import torch

    record_torch()
    record_keras()
    record_sklearn()
    record_onnx()
    libraries = (torch, keras, onnx, onnxruntime, sklearn, safetensors)
    versions = {library.__name__: library.__version__ for library in libraries}
    np.savez_compressed(HERE / "foreign.npz", **RECORD)
    (HERE / "foreign.json").write_text(json.dumps({"versions": versions, "cases": NOTES}, indent=1))
    with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(HERE.iterdir()):
            archive.write(file, file.name)
    shutil.rmtree(HERE)
    print(len(NOTES), "cases,", ARCHIVE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
