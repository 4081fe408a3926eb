import numpy as np
import pytest

from nn_core.optimizers import OPTIMIZERS, Adam, GradientDescent, optimizer


def bowl(w):
    """The gradient of w0^2 / 2 + 5 w1^2."""
    return w * np.array([1.0, 10.0])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_everyone_goes_down_in_place(name):
    w = np.array([1.0, 1.0])
    step = optimizer(name).start(w)
    heights = []
    for _ in range(3000):
        heights.append(0.5 * float(w @ bowl(w)))
        step(w, bowl(w))
    assert heights[-1] < 0.5 * heights[0]


def test_one_step_by_hand():
    # g = (2, -0.5). Gradient descent at rate .1 moves by (-.2, .05); Adam's first step is its rate in each
    # direction, as m / (1 - beta1) = g and s / (1 - beta2) = g^2.
    g = np.array([2.0, -0.5])
    for descent, expected in ((GradientDescent(0.1), [-0.2, 0.05]), (Adam(0.1), [-0.1, 0.1])):
        w = np.zeros(2)
        descent.start(w)(w, g)
        np.testing.assert_allclose(w, expected, rtol=1e-7)


def test_starts_are_independent_of_each_other():
    descent, ends = Adam(0.1), []
    for _ in range(2):
        w = np.array([1.0, 1.0])
        step = descent.start(w)
        for _ in range(5):
            step(w, bowl(w))
        ends.append(w)
    np.testing.assert_array_equal(*ends)


def test_a_schedule_is_asked_for_every_step():
    asked = []

    def schedule(step):
        asked.append(step)
        return 1.0 if step == 0 else 0.0

    w = np.array([3.0])
    step = GradientDescent(schedule).start(w)
    step(w, np.array([1.0]))
    step(w, np.array([1.0]))
    assert asked == [0, 1]
    assert w == 2


def test_names_and_rates():
    assert optimizer("momentum", 0.5).learning_rate == 0.5
    with pytest.raises(ValueError, match="no optimizer is called 'sgd'; choose one of gradient_descent"):
        optimizer("sgd")
    with pytest.raises(ValueError, match=r"give the learning rate to the optimizer: Adam\(0.1\)"):
        optimizer(Adam(), 0.1)


@pytest.mark.parametrize("rate", [-0.1, float("nan")])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_rate_that_goes_uphill(name, rate):
    with pytest.raises(ValueError, match=r"learning_rate is .*, expected"):
        optimizer(name, rate).start(np.zeros(3))
