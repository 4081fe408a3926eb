"""Record what PyTorch's activations give, for tests that then need no PyTorch: run this file where it is installed.

The file holds points z, and for each activation, under the name that nn_core has for it, the values and the
derivatives there, in float64.
"""

from pathlib import Path

import numpy as np


def main():
    """Write the numbers next to this file."""
    import torch
    from torch.nn import functional as F

    torch.set_default_dtype(torch.float64)
    functions = {
        "relu": F.relu,
        "leaky_relu(0.2)": lambda z: F.leaky_relu(z, 0.2),
        "relu6": F.relu6,
        "hard_tanh": F.hardtanh,
        "hard_tanh(-2.0, 0.5)": lambda z: F.hardtanh(z, -2, 0.5),
        "hard_sigmoid": F.hardsigmoid,
        "hard_swish": F.hardswish,
        "soft_shrink": F.softshrink,
        "tanh_shrink": F.tanhshrink,
        "abs": torch.abs,
        "softplus": F.softplus,
        "softplus(2.0)": lambda z: F.softplus(z, 2.0, 1000.0),
        "elu": F.elu,
        "elu(0.5)": lambda z: F.elu(z, 0.5),
        "celu": F.celu,
        "celu(0.5)": lambda z: F.celu(z, 0.5),
        "selu": F.selu,
        "gelu": F.gelu,
        "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
        "silu": F.silu,
        "mish": F.mish,
        "softsign": F.softsign,
        "log_sigmoid": F.logsigmoid,
        "exponential": torch.exp,
    }
    # Kinks are left out but for 0, where the frameworks agree.
    z = np.concatenate([np.linspace(-9.95, 9.95, 60), [-20, 0, 20]])
    record = {"z": z, "torch_version": np.array(torch.__version__)}
    for name, function in functions.items():
        points = torch.tensor(z, requires_grad=True)
        values = function(points)
        values.sum().backward()
        record[f"{name}/a"], record[f"{name}/slope"] = values.detach().numpy(), points.grad.numpy()
    np.savez_compressed(Path(__file__).with_name("activations-2.13.npz"), **record)


if __name__ == "__main__":
    main()
