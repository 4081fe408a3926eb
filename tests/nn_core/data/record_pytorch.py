"""Record what PyTorch computes, for tests that then need no PyTorch: run this file where it is installed.

Everything is in float64 on one core. The file holds, for each case of a network, a loss and an activation,
the loss and all gradients; and for each optimizer the parameters after each of 50 full-batch steps.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np

SIZES = {"shallow": (3, 2), "two": (3, 4, 2), "deep": (3, 5, 4, 3)}
ACTIVATIONS = ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "sin", "softplus")
LOSSES = ("cross_entropy", "binary_cross_entropy", "mse")
N_STEPS = 50


def parameters(sizes, rng):
    """A weight and a bias for each layer."""
    return [
        part for n_in, n_out in pairwise(sizes) for part in (rng.normal(size=(n_out, n_in)), rng.normal(size=n_out))
    ]


def main():
    """Write the numbers next to this file."""
    import torch
    from torch.nn import functional as F

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    functions = {
        "identity": lambda z: z,
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "sin": torch.sin,
        "softplus": F.softplus,
    }

    def loss_of(name, z, a, labels):
        one_hot = F.one_hot(labels, z.shape[1]).to(z)
        if name == "cross_entropy":
            return F.cross_entropy(z, labels)
        if name == "binary_cross_entropy":
            return F.binary_cross_entropy_with_logits(z, one_hot)
        return F.mse_loss(a, one_hot)

    def forward(x, theta, activation):
        a = x
        for weight, bias in zip(theta[::2], theta[1::2], strict=True):
            z = F.linear(a, weight, bias)
            a = functions[activation](z)
        return z, a

    record = {"torch_version": np.array(torch.__version__)}
    rng = np.random.default_rng(2013)
    x = rng.normal(size=(11, 3))
    record["x"] = x
    for depth, sizes in SIZES.items():
        labels = rng.integers(0, sizes[-1], len(x))
        start = parameters(sizes, rng)
        record[f"{depth}/labels"] = labels
        record[f"{depth}/theta"] = np.concatenate([part.ravel() for part in start])
        for activation in ACTIVATIONS:
            for name in LOSSES:
                theta = [torch.tensor(part, requires_grad=True) for part in start]
                loss = loss_of(name, *forward(torch.tensor(x), theta, activation), torch.tensor(labels))
                loss.backward()
                case = f"{depth}/{activation}/{name}"
                record[f"{case}/loss"] = np.array(loss.item())
                record[f"{case}/gradient"] = np.concatenate([part.grad.numpy().ravel() for part in theta])

    def weights_only(theta, decay):
        return [{"params": theta[::2], "weight_decay": decay}, {"params": theta[1::2]}]

    def scheduled(theta):
        descent = torch.optim.SGD(theta, lr=0.5)
        return descent, torch.optim.lr_scheduler.LambdaLR(descent, lambda step: 1 / (1 + step))

    optimizers = {
        "gradient_descent": lambda theta: torch.optim.SGD(theta, lr=0.1),
        "momentum": lambda theta: torch.optim.SGD(theta, lr=0.01, momentum=0.9),
        "nesterov": lambda theta: torch.optim.SGD(theta, lr=0.01, momentum=0.9, nesterov=True),
        "adagrad": lambda theta: torch.optim.Adagrad(theta),
        "rmsprop": lambda theta: torch.optim.RMSprop(theta),
        "adadelta": lambda theta: torch.optim.Adadelta(theta),
        "adam": lambda theta: torch.optim.Adam(theta),
        "l2": lambda theta: torch.optim.SGD(weights_only(theta, 0.03), lr=0.1),
        "schedule": scheduled,
    }
    sizes = (3, 4, 3)
    labels = torch.tensor(rng.integers(0, sizes[-1], len(x)))
    start = parameters(sizes, rng)
    record["steps/labels"] = labels.numpy()
    record["steps/theta"] = np.concatenate([part.ravel() for part in start])
    for name, make in optimizers.items():
        theta = [torch.tensor(part, requires_grad=True) for part in start]
        made = make(theta)
        descent, schedule = made if isinstance(made, tuple) else (made, None)
        path = []
        for _ in range(N_STEPS):
            descent.zero_grad()
            F.cross_entropy(forward(torch.tensor(x), theta, "tanh")[0], labels).backward()
            descent.step()
            if schedule is not None:
                schedule.step()
            path.append(np.concatenate([part.detach().numpy().ravel() for part in theta]))
        record[f"steps/{name}"] = np.array(path)
    np.savez_compressed(Path(__file__).with_name("pytorch-2.13.npz"), **record)


if __name__ == "__main__":
    main()
