"""One step of backpropagation with all its numbers: forward, the loss, the chain rule, back, and the step."""

import numpy as np
from manim import LEFT, RIGHT, FadeIn, FadeOut

from nn_core.initializers import gaussian
from nn_core.network import Network
from nn_core.training import fit
from nn_unfold import Learning, LossCurve, NetworkDiagram, Stage, formula, label, stack
from nn_unfold.flat.chain import Equation, Parameters, Pass, Terms

NEARLY = 0.25  # how far the measured change of the loss may be from the predicted one, as a share of that


class Backpropagation(Stage):
    """The chain rule takes the loss apart into a derivative for each weight; a step against them all makes it fall."""

    accepts = "it shows every number of a network of its own, and these have few digits"
    seed = 0
    rate, steps = 1.0, 200  # of gradient descent

    def construct(self):
        network, x, target = self.draw(np.random.default_rng(self.seed))
        rule = {"loss": "mse", "optimizer": "gradient_descent", "learning_rate": self.rate}
        every = {"epochs": self.steps, "snapshots": range(self.steps + 1)}
        history = fit(network.with_parameters(network.parameters), x[None], target[None], **rule, **every)
        now, after = Pass(network, x, target), history.network_at(1)
        slopes = now.gradient[1].weight
        k, j = np.unravel_index(np.abs(slopes).argmax(), slopes.shape)
        w, y, z, t, h = f"w_({k + 1}{j + 1})", f"y_{k + 1}", f"z_{k + 1}", f"t_{k + 1}", f"h_{j + 1}"
        dw = f"(partial L)/(partial {w})"

        with self.beat("The numbers on the edges are weights, those above the neurons biases. All are random."):
            self.play(
                self.aside(
                    formula("bold(h) = sigma(W bold(x) + bold(b))"), formula("bold(y) = sigma(W' bold(h) + bold(b)')")
                )
            )
            room = self.area()
            size = room.right - room.left - 1.1, room.top - room.bottom
            radius = min(0.6, 0.15 * size[0] - 0.23)  # so that numbers on the edges have room
            diagram = NetworkDiagram(network, names=("x", "h", "y"), size=size, radius=radius, spread=6, decimals=3)
            diagram.move_to(room.centre).shift(0.55 * LEFT)
            weights = Parameters(diagram, network.layers)
            self.play(FadeIn(diagram))
            self.play(FadeIn(weights))

        with self.beat("Forward: each neuron adds up what comes in, times its weights, and squashes the sum."):
            self.play(diagram.send(x))

        with self.beat("Targets t stand beside the outputs. The loss tells how far off these are."):
            wanted = [Equation(f"t_{i} =", value, decimals=0) for i, value in enumerate(target, start=1)]
            squares = Terms([(f"1/2 (y_{i} - t_{i})^2",) for i in (1, 2)], (now.y - target) ** 2 / 2, sign="+")
            self.play(FadeIn(diagram.beside(2, wanted, RIGHT)))
            self.play(self.aside(squares, Equation("L =", now.loss)))

        with self.beat("Take one weight. How does the loss change with it? The chain rule goes from link to link."):
            links = [f"(partial {of})/(partial {by})" for of, by in (("L", y), (y, z), (z, w))]
            chain = Terms([(link,) for link in links], (now.error[k], now.slope[k], now.hidden[j]), hidden=True)
            whole = formula(f"{dw} =")
            self.play(self.aside(whole, chain), diagram.animate.highlight(edges=[(1, k, j)]))

        with self.beat("First, how the loss changes with the output: by the output minus its target."):
            link = formula(f"{links[0]} = {y} - {t}")
            self.play(self.aside(whole, chain, link), diagram.animate.highlight(neurons=[(2, k)]))
            self.play(chain.reveal(0))

        with self.beat("Then, how the output changes with the sum inside its neuron: by the slope of the sigmoid."):
            self.play(self.aside(whole, chain, formula(f"{links[1]} = {y} (1 - {y})")))
            self.play(chain.reveal(1))

        with self.beat("Last, how that sum changes with the weight: by the number that comes along its edge."):
            self.play(self.aside(whole, chain, formula(f"{links[2]} = {h}")))
            self.play(chain.reveal(2), diagram.animate.highlight(neurons=[(1, j)], edges=[(1, k, j)]))

        with self.beat("Their product is the derivative of the loss by this weight."):
            self.play(self.aside(whole, chain, Equation("=", slopes[k, j])))

        with self.beat("The first two links make the neuron's delta. Deltas run back along the same edges."):
            delta = formula("delta = (partial L)/(partial z)")
            self.play(self.aside(delta), diagram.animate.highlight())
            self.play(diagram.send_back(x, now.delta))

        with self.beat("Each weight gets its derivative: the delta at its end times the number at its start."):
            derivatives = Parameters(diagram, now.gradient, colour=self.tokens.accent)
            self.play(self.aside(delta, formula("(partial L)/(partial w) = delta dot.op a")))
            self.exchange(weights, derivatives)

        with self.beat("The step: each weight and bias goes against its derivative, times a learning rate."):
            step = Terms([(w,), (f"eta {dw}",)], (network.layers[1].weight[k, j], self.rate * slopes[k, j]), sign="-")
            new = Equation("=", after.layers[1].weight[k, j])
            self.play(self.aside(formula(f"eta = {self.rate:g}"), step, new))
            self.play(FadeOut(derivatives), diagram.deltas.animate.set_opacity(0), run_time=self.tokens.breath)
            self.play(FadeIn(weights, run_time=self.tokens.breath))
            self.play(Learning(history, diagram, weights, stop=1, run_time=self.tokens.turn))

        expected, change = -self.rate * now.steepness, history.loss[1] - history.loss[0]
        with self.beat(
            "Forward again: the loss has fallen by nearly as much as the derivatives predict.",
            holds=abs(change / expected - 1) < NEARLY,
            otherwise=[
                ("Forward again: the loss has fallen, by {share} % of what the derivatives predict.", change < 0),
                "Forward again: the loss has risen. The step was too large for what the derivatives predict.",
            ],
            share=round(100 * change / expected),
        ):
            self.play(diagram.send(x, run_time=self.tokens.turn))
            predicted = label("predicted"), Equation("-eta |nabla L|^2 =", expected)
            measured = label("measured"), Equation("Delta L =", change)
            self.play(self.aside(stack(*predicted), stack(*measured)))

        with self.beat(
            "Step after step the loss falls, and the outputs approach their targets.",
            holds=(np.diff(history.loss) < 0).all(),
            otherwise="After {steps} steps the loss has gone from {first} to {last}.",
            steps=self.steps,
            first=f"{history.loss[0]:.3f}",
            last=f"{history.loss[-1]:.3f}",
        ):
            curve = LossCurve(history, size=(3.0, 2.2), epochs="log1p", decimals=3)
            self.play(self.aside(curve))
            diagram.watch(x)
            self.play(Learning(history, diagram, weights, curve, start=1))

    def draw(self, rng):
        """A network and an input with few digits, and as targets the class that it finds less likely."""
        network = Network.create((2, 2, 2), ["sigmoid", "sigmoid"], initializer=gaussian(1.0), rng=rng)
        for layer in network.layers:
            layer.weight, layer.bias = layer.weight.round(2), rng.normal(0, 0.5, 2).round(2)
        x = rng.uniform(0, 1, 2).round(2)
        return network, x, 1.0 - np.eye(2)[network.predict(x[None])[0]]
