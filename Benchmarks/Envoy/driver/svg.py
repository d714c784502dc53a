"""Plots as SVG text. Colours of text and lines come from the page's style, so that it may be light or dark."""

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 560, 330
LEFT, RIGHT, TOP, BOTTOM = 76, 26, 12, 46


@dataclass(frozen=True)
class Line:
    title: str
    colour: str
    points: list
    is_dashed: bool = False


@dataclass(frozen=True)
class Axis:
    title: str
    #: From a value to a position between the ends.
    scale: object
    ticks: list
    labels: list

    def share(self, value: float) -> float:
        low, high = self.scale(self.ticks[0]), self.scale(self.ticks[-1])
        return (self.scale(value) - low) / (high - low)


def logarithmic(title: str, values: list, label) -> Axis:
    """Ticks at 1, 2, 5 times powers of ten around the values; few enough to be read."""
    low, high = min(values), max(values)
    candidates = [step * 10.0**power for power in range(-3, 10) for step in (1, 2, 5)]
    first = max([tick for tick in candidates if tick <= low], default=candidates[0])
    last = min([tick for tick in candidates if tick >= high and tick > first], default=candidates[-1])
    ticks = [tick for tick in candidates if first <= tick <= last]
    if len(ticks) > 10:
        ticks = [tick for tick in ticks if tick in (first, last) or round(math.log10(tick), 6) % 1 == 0]
    return Axis(title, math.log10, ticks, [label(tick) for tick in ticks])


def linear(title: str, high: float, label) -> Axis:
    step = nice_step(high / 5)
    ticks = [step * index for index in range(math.ceil(high / step) + 1)] or [0]
    return Axis(title, lambda value: value, ticks if len(ticks) > 1 else [0, step], [label(tick) for tick in ticks])


def nice_step(raw: float) -> float:
    power = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1
    return next(step * power for step in (1, 2, 5, 10) if step * power >= raw)


def number(value: float) -> str:
    if value >= 10_000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def duration(microseconds: float) -> str:
    if microseconds >= 1_000_000:
        return f"{number(microseconds / 1_000_000)} s"
    return f"{number(microseconds / 1000)} ms" if microseconds >= 1000 else f"{number(microseconds)} µs"


def size(byte_count: float) -> str:
    if byte_count >= 1_000_000:
        return f"{number(byte_count / 1_000_000)} MB"
    return f"{number(byte_count / 1000)} kB" if byte_count >= 1000 else f"{number(byte_count)} B"


def text(x: float, y: float, content: str, anchor: str = "middle", extra: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{escape(content)}</text>'


def frame(x_axis: Axis, y_axis: Axis) -> list[str]:
    parts = []
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick, label in zip(y_axis.ticks, y_axis.labels):
        y = bottom - y_axis.share(tick) * (bottom - TOP)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 6, y + 4, label, "end"))
    for tick, label in zip(x_axis.ticks, x_axis.labels):
        x = LEFT + x_axis.share(tick) * (right - LEFT)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(text(x, bottom + 16, label))
    parts.append(text((LEFT + right) / 2, HEIGHT - 8, x_axis.title))
    middle = (TOP + bottom) / 2
    parts.append(text(14, middle, y_axis.title, extra=f'transform="rotate(-90 14 {middle:.1f})"'))
    return parts


def line_plot(lines: list[Line], x_axis: Axis, y_axis: Axis) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = frame(x_axis, y_axis)
    for line in lines:
        places = [
            f"{LEFT + x_axis.share(x) * (right - LEFT):.1f},{bottom - y_axis.share(y) * (bottom - TOP):.1f}"
            for x, y in line.points
        ]
        dash = ' stroke-dasharray="5 4"' if line.is_dashed else ""
        parts.append(f'<polyline fill="none" stroke="{line.colour}" stroke-width="2" stroke-linejoin="round"{dash} '
                     f'points="{" ".join(places)}"><title>{escape(line.title)}</title></polyline>')
    return svg(parts, HEIGHT)


@dataclass(frozen=True)
class Bar:
    title: str
    colour: str
    #: One above the other in the plot: what each is and how long.
    parts: list


def bar_plot(bars: list[Bar], title: str, unit: str) -> str:
    """Horizontal bars of one part or two, the second one lighter; the sum stands at the end."""
    height_of_bar, label_width, value_width = 24, 170, 100
    axis = linear(title, max(sum(value for _, value in bar.parts) for bar in bars), number)
    height = TOP + height_of_bar * len(bars) + BOTTOM
    right, bottom = WIDTH - value_width, height - BOTTOM
    parts = []
    for tick, label in zip(axis.ticks, axis.labels):
        x = label_width + axis.share(tick) * (right - label_width)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(text(x, bottom + 16, label))
    parts.append(text((label_width + right) / 2, height - 8, title))
    for index, bar in enumerate(bars):
        y, x = TOP + index * height_of_bar, label_width
        parts.append(text(label_width - 6, y + 16, bar.title, "end"))
        for position, (what, value) in enumerate(bar.parts):
            width = axis.share(value) * (right - label_width)
            parts.append(f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="{height_of_bar - 8}" '
                         f'fill="{bar.colour}" fill-opacity="{1 if position == 0 else 0.45}">'
                         f"<title>{escape(f'{what}: {value:.1f} {unit}')}</title></rect>")
            x += width
        values = " + ".join(f"{value:.1f}" for _, value in bar.parts if value > 0)
        parts.append(text(x + 6, y + 16, values, "start"))
    return svg(parts, height)


def svg(parts: list[str], height: int) -> str:
    return (f'<svg viewBox="0 0 {WIDTH} {height}" role="img" xmlns="http://www.w3.org/2000/svg">'
            + "".join(parts) + "</svg>")


def legend(entries: list[tuple[str, str]]) -> str:
    items = "".join(
        f'<span><i style="background:{colour}"></i>{escape(title)}</span>' for title, colour in entries)
    return f'<p class="legend">{items}</p>'
