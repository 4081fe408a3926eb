"""Seconds that training takes here, in PyTorch and in scikit-learn, side by side: python benchmarks/training.py.

PyTorch and scikit-learn are measured if they are installed. The contestants take turns, so that a busy
machine troubles all alike, and the median of the turns counts. Set OMP_NUM_THREADS=1 to give everyone one
core.
"""

from __future__ import annotations

import platform
import statistics
import time
import warnings

import numpy as np

from nn_core.datasets import make_spiral
from nn_core.network import Network
from nn_core.training import fit

try:
    import torch
except ImportError:
    torch = None
try:
    import sklearn
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
except ImportError:
    sklearn = None

TURNS = 5
SPIRAL_STEPS = {500: 1500, 5000: 300}
DIGIT_EPOCHS = 5


def spiral(n_points, dtype):
    """2-100-2-5 with leaky ReLU, full-batch Adam at 1e-3."""
    X, y = make_spiral(n_points // 5, rng=np.random.default_rng(0))
    kinds, steps = ["leaky_relu", "identity", "identity"], SPIRAL_STEPS[n_points]

    def ours():
        net = Network.create([2, 100, 2, 5], kinds, rng=np.random.default_rng(0), dtype=dtype)
        fit(net, X, y, epochs=steps, learning_rate=1e-3, snapshots=1)

    def pytorch():
        layers = torch.nn.Linear(2, 100), torch.nn.LeakyReLU(0.01), torch.nn.Linear(100, 2), torch.nn.Linear(2, 5)
        net = torch.nn.Sequential(*layers).to(torch_type(dtype))
        points, labels = torch.tensor(X, dtype=torch_type(dtype)), torch.tensor(y)
        loss, descent = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=1e-3)
        for _ in range(steps):
            descent.zero_grad()
            loss(net(points), labels).backward()
            descent.step()

    return {"nn_core": ours, **({"PyTorch": pytorch} if torch else {})}


def digits(n_points, dtype):
    """784-128-10 with ReLU, Adam at 1e-3 on mini-batches of 100; random pictures take as long as real ones."""
    rng = np.random.default_rng(0)
    X, y = rng.random((n_points, 784)).astype(dtype), rng.integers(0, 10, n_points)

    def ours():
        net = Network.create([784, 128, 10], "relu", rng=np.random.default_rng(0), dtype=dtype)
        fit(net, X, y, epochs=DIGIT_EPOCHS, batch_size=100, rng=np.random.default_rng(0), exact=False, snapshots=1)

    def pytorch():
        net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
        net = net.to(torch_type(dtype))
        points, labels = torch.tensor(X), torch.tensor(y)
        loss, descent = torch.nn.CrossEntropyLoss(), torch.optim.Adam(net.parameters(), lr=1e-3)
        for _ in range(DIGIT_EPOCHS):
            order = torch.randperm(n_points)
            for start in range(0, n_points, 100):
                batch = order[start : start + 100]
                descent.zero_grad()
                loss(net(points[batch]), labels[batch]).backward()
                descent.step()

    def scikit_learn():
        net = MLPClassifier((128,), batch_size=100, max_iter=DIGIT_EPOCHS, alpha=0.0, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            net.fit(X, y)

    return {
        "nn_core": ours,
        **({"PyTorch": pytorch} if torch else {}),
        **({"scikit-learn": scikit_learn} if sklearn else {}),
    }


def torch_type(dtype):
    return torch.float32 if dtype == np.float32 else torch.float64


def race(name, contestants):
    """Let them take turns and print the medians."""
    for run in contestants.values():
        run()  # what is compiled, cached or started at first use
    turns = {who: [] for who in contestants}
    for _ in range(TURNS):
        for who, run in contestants.items():
            begin = time.perf_counter(), time.process_time()
            run()
            turns[who].append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
    medians = {who: [statistics.median(times) for times in zip(*turns[who], strict=True)] for who in contestants}
    for who, (clock, processor) in medians.items():
        ratios = [ours / theirs for ours, theirs in zip(medians["nn_core"], (clock, processor), strict=True)]
        print(f"| {name} | {who} | {clock:.3f} | {processor:.3f} | {ratios[0]:.2f} | {ratios[1]:.2f} |", flush=True)


def main():
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    versions += [f"PyTorch {torch.__version__}"] if torch else []
    versions += [f"scikit-learn {sklearn.__version__}"] if sklearn else []
    print(", ".join(versions))
    if torch:
        print(f"PyTorch threads: {torch.get_num_threads()}")
    print("\n| task | who | clock s | processor s | nn_core / who, clock | processor |\n|---|---|---|---|---|---|")
    for dtype in (np.float64, np.float32):
        for n_points, steps in SPIRAL_STEPS.items():
            race(f"2-100-2-5, {n_points} points, {steps} steps, {dtype.__name__}", spiral(n_points, dtype))
        race(f"784-128-10, 10,000 points, {DIGIT_EPOCHS} epochs, {dtype.__name__}", digits(10_000, dtype))


if __name__ == "__main__":
    main()
