"""Charts for the benchmarks."""

import numpy as np

COLOURS = ("#1b6ca8", "#c8553d", "#3f8f5b")


def svg(panels, low, high):
    """Log-log panels side by side.

    Args:
        panels: title -> label -> curve; a curve has (x, seconds, ...) for each of its points.
        low: seconds at the lower end of the upright axis, a power of ten.
        high: likewise at its upper end.
    """
    width = 20 + 370 * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 330" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="330" fill="white"/>',
    ]
    for number, (title, curves) in enumerate(panels.items()):
        left, right, top, bottom = 60 + 370 * number, 360 + 370 * number, 20, 280
        xs = sorted({x for curve in curves.values() for x, *_ in curve})

        def across(x, left=left, right=right, xs=xs):
            return left + (right - left) * np.log(x / xs[0]) / np.log(xs[-1] / xs[0])

        def up(y, top=top, bottom=bottom):
            return bottom - (bottom - top) * np.log(y / low) / np.log(high / low)

        for x in xs:
            parts.append(f'<text x="{across(x):.0f}" y="{bottom + 18}" text-anchor="middle">{x}</text>')
        for y in 10.0 ** np.arange(round(np.log10(low)), round(np.log10(high)) + 1):
            parts.append(f'<path d="M{left} {up(y):.1f}H{right}" stroke="#ddd"/>')
            parts.append(f'<text x="{left - 6}" y="{up(y) + 4:.1f}" text-anchor="end">{y:g} s</text>')
        parts.append(f'<text x="{(left + right) / 2}" y="{bottom + 38}" text-anchor="middle">{title}</text>')
        for row, ((label, curve), colour) in enumerate(zip(curves.items(), COLOURS, strict=False)):
            points = " ".join(f"{across(x):.1f},{up(taken):.1f}" for x, taken, *_ in curve)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [
                f'<circle cx="{across(x):.1f}" cy="{up(taken):.1f}" r="3" fill="{colour}"/>' for x, taken, *_ in curve
            ]
            parts.append(f'<text x="{left + 8}" y="{top + 14 + 16 * row}" fill="{colour}">{label}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
