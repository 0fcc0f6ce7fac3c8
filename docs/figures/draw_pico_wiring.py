"""Draws pico_wiring.svg: what is wired to which pin of a Raspberry Pi Pico, as firmware/wiring/pico.py has it.

python docs/figures/draw_pico_wiring.py [FILE]
"""

import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Polygon, Rectangle

sys.path.insert(0, str(Path(__file__).parents[2]))
from firmware.wiring import pico as wiring

HERE = Path(__file__).parent
SIGNALS = {
    "HX711 SCK": wiring.SCK,
    "HX711 DOUT": wiring.DOUT,
    "STEP": wiring.STEP,
    "DIR": wiring.DIR,
    "ENABLE": wiring.ENABLE,
    "retract limit": wiring.RETRACT,
    "compress limit": wiring.COMPRESS,
    "e-stop": wiring.STOP,
    "charge permit": wiring.CHARGE,
    "discharge permit": wiring.DISCHARGE,
    "regulator PWM": wiring.REGULATOR,
    "current": wiring.CURRENT,
}
# Pins of the Pico's board from 1 to 40: a number is a GPIO.
PINS: list[int | str] = [
    0, 1, "GND", 2, 3, 4, 5, "GND", 6, 7, 8, 9, "GND", 10, 11, 12, 13, "GND", 14, 15,
    16, 17, "GND", 18, 19, 20, 21, "GND", 22, "RUN", 26, 27, "AGND", 28, "ADC_VREF", "3V3", "3V3_EN", "GND", "VSYS",
    "VBUS",
]  # fmt: skip
FREE = 13  # for an over-force comparator
# Okabe and Ito's colours, told apart by those who see no red or no green; every wire carries its name besides.
BLUE, ORANGE, GREEN, PURPLE, SKY, GREY = "#0072B2", "#B35900", "#007A5A", "#A14A7F", "#2F7FB5", "#555555"
PALE = {BLUE: "#E3F0F8", ORANGE: "#FBEBDD", GREEN: "#E0F2EC", PURPLE: "#F5E6EF", SKY: "#E6F1FA", GREY: "#F0F0F0"}

LEFT, RIGHT, TOP, PITCH = 64.0, 82.0, 99.0, 4.55
BIG, MIDDLE, SMALL = 11.5, 10.0, 9.0


def pin_of(gpio: int) -> int:
    """The number on the Pico's board of a GPIO."""
    return PINS.index(gpio) + 1


def row(pin: int) -> float:
    """Height of a pin in the drawing."""
    return TOP - PITCH * (pin - 1 if pin <= 20 else 40 - pin)


def text(ax: Axes, x: float, y: float, words: str, size: float = MIDDLE, **more: object) -> None:
    """Words, centred unless told otherwise."""
    ax.text(x, y, words, fontsize=size, **{"ha": "center", "va": "center", **more})  # type: ignore[arg-type]


def box(ax: Axes, x: float, y: float, w: float, h: float, colour: str, title: str, dashed: bool = False) -> None:
    """A device, its title at the top."""
    shape = FancyBboxPatch(
        (x, y), w, h, boxstyle="round,pad=0,rounding_size=0.8", facecolor=PALE[colour], edgecolor=colour,
        linewidth=1.6, linestyle="--" if dashed else "-",
    )  # fmt: skip
    ax.add_patch(shape)
    text(ax, x + w / 2, y + h - 2.0, title, BIG, weight="bold", color=colour)


def line(ax: Axes, points: list[tuple[float, float]], colour: str, width: float = 1.6, style: str = "-") -> None:
    """A wire through points."""
    ax.plot(*zip(*points, strict=True), color=colour, linewidth=width, linestyle=style, solid_capstyle="round")


def signal(ax: Axes, name: str, x: float, colour: str, pull: str = "") -> None:
    """A wire from a signal's pin to ``x``, with its name above and the resistor it needs below."""
    pin = pin_of(SIGNALS[name])
    y, start = row(pin), LEFT if pin <= 20 else RIGHT
    line(ax, [(start, y), (x, y)], colour)
    text(ax, (start + x) / 2, y + 1.2, name, SMALL, color=colour)
    if pull:
        text(ax, (start + x) / 2, y - 1.25, pull, SMALL, color=GREY)


def pico(ax: Axes) -> None:
    """The board with all its pins; those in use are bold."""
    bottom = row(20) - 4
    ax.add_patch(
        Rectangle((LEFT, bottom), RIGHT - LEFT, TOP + 7 - bottom, facecolor="white", edgecolor="black", lw=1.8)
    )
    text(ax, (LEFT + RIGHT) / 2, TOP + 4.6, "Raspberry Pi Pico", BIG, weight="bold")
    ax.add_patch(Rectangle((LEFT + 6, TOP + 6.2), 6, 3, facecolor="white", edgecolor="black", lw=1.4))
    text(ax, LEFT + 9, TOP + 7.9, "USB", SMALL)
    used = {pin_of(gpio) for gpio in SIGNALS.values()} | {3, 13, 18, 33, 36, 38, 39}
    for pin, what in enumerate(PINS, start=1):
        name = f"GP{what}" if isinstance(what, int) else what
        left, y = pin <= 20, row(pin)
        look = {"weight": "bold"} if pin in used else {"color": "#8A8A8A"}
        words = f"{pin} {name}" if left else f"{name} {pin}"
        text(ax, LEFT + 0.8 if left else RIGHT - 0.8, y, words, SMALL, ha="left" if left else "right", **look)
        ax.add_patch(Circle((LEFT if left else RIGHT, y), 0.55, facecolor="#C9A227" if pin in used else "white", lw=0.8,
                            edgecolor="black", zorder=3))  # fmt: skip


def power(ax: Axes) -> None:
    """Supply pins, by name: their wires would only cross the others."""
    for pin, words in (
        (39, "5 V in, if not by USB"),
        (38, "GND: all devices"),
        (36, "3.3 V: HX711, amplifier,"),
        (33, "AGND: amplifier"),
    ):
        line(ax, [(RIGHT, row(pin)), (RIGHT + 2.2, row(pin))], GREY)
        text(ax, RIGHT + 2.8, row(pin), words, SMALL, ha="left", color=GREY)
    text(ax, RIGHT + 2.8, row(36) - 2.2, "pull-ups", SMALL, ha="left", color=GREY)


def load_cell(ax: Axes) -> None:
    """Bridge and amplifier."""
    y = {name: row(pin_of(SIGNALS[name])) for name in ("HX711 SCK", "HX711 DOUT")}
    box(ax, 33, 77.0, 17, 25.5, BLUE, "HX711")
    text(ax, 49.3, 97.0, f"RATE: {'GND' if wiring.RATE_Hz == 10 else '3.3 V'}", SMALL, ha="right")
    for name, words in (("HX711 SCK", "SCK"), ("HX711 DOUT", "DOUT")):
        signal(ax, name, 50, BLUE, "up 10k" if words == "DOUT" else "")
        text(ax, 49.3, y[name], words, SMALL, ha="right")
    text(ax, 49.3, 93.6, "VDD: 3.3 V", SMALL, ha="right")
    text(ax, 49.3, row(3), "GND", SMALL, ha="right")
    line(ax, [(50, row(3)), (LEFT, row(3))], BLUE)
    text(ax, 57, row(3) + 1.2, "ground", SMALL, color=BLUE)
    x, c, r = 11.5, 88.5, 8.2
    ax.add_patch(Polygon([(x, c + r), (x + r, c), (x, c - r), (x - r, c)], closed=True, fc=PALE[BLUE], ec=BLUE, lw=1.6))
    text(ax, x, c + 1.4, "load cell", MIDDLE, weight="bold", color=BLUE)
    text(ax, x, c - 1.6, "bridge", MIDDLE, color=BLUE)
    for words, points in (
        ("E+", [(x, c + r), (x, 98.4), (33, 98.4)]),
        ("A+ (S+)", [(x + r, c), (22.5, c), (22.5, 91.5), (33, 91.5)]),
        ("E-", [(x, c - r), (22.5, c - r), (22.5, 85.0), (33, 85.0)]),
        ("A- (S-)", [(x - r, c), (1.2, c), (1.2, 78.5), (33, 78.5)]),
    ):
        line(ax, points, BLUE, 1.3)
        text(ax, 33.7, points[-1][1], words.split()[0], SMALL, ha="left")
        text(ax, 32.4, points[-1][1] + 1.2, words, SMALL, color=BLUE, ha="right")


def contact(ax: Axes, x: float, y: float, colour: str) -> None:
    """A normally closed contact, 7 wide."""
    line(ax, [(x, y), (x + 1.6, y)], colour)
    line(ax, [(x + 5.4, y), (x + 7, y)], colour)
    line(ax, [(x + 1.6, y), (x + 5.9, y + 1.1)], colour, 2.2)
    line(ax, [(x + 5.4, y), (x + 5.4, y + 1.6)], colour)


def motor(ax: Axes) -> None:
    """Driver, motor, its supply and the emergency stop's second contact in it."""
    box(ax, 33, 48.5, 17, 20.5, ORANGE, "stepper driver")
    for name, pull in (
        ("STEP", "down 10k"),
        ("DIR", "down 10k" if wiring.COMPRESS_LEVEL else "up 4.7k"),
        ("ENABLE", "down 10k" if wiring.ENABLE_LEVEL else "up 4.7k"),
    ):
        signal(ax, name, 50, ORANGE, pull)
        text(ax, 49.3, row(pin_of(SIGNALS[name])), name, SMALL, ha="right")
    ax.add_patch(Circle((13, 62.2), 5.2, facecolor=PALE[ORANGE], edgecolor=ORANGE, lw=1.6))
    text(ax, 13, 63.2, "stepper", MIDDLE, weight="bold", color=ORANGE)
    text(ax, 13, 60.6, "motor", MIDDLE, color=ORANGE)
    for y in (64.4, 63.0, 61.6, 60.2):
        line(ax, [(17.9, y), (33, y)], ORANGE, 1.2)
    text(ax, 25.5, 66.0, "2 coils, 4 wires", SMALL, color=ORANGE)
    text(ax, 13, 55.4, "self-locking screw, spring", SMALL)
    box(ax, 1.5, 43.2, 14.5, 8.2, ORANGE, "motor supply")
    text(ax, 8.75, 45.5, "24 V DC, fused", SMALL)
    line(ax, [(16, 47.6), (18.5, 47.6)], ORANGE, 2.2)
    contact(ax, 18.5, 47.6, ORANGE)
    line(ax, [(25.5, 47.6), (29, 47.6), (29, 52.2), (33, 52.2)], ORANGE, 2.2)
    text(ax, 33.7, 52.2, "VM", SMALL, ha="left")
    text(ax, 23.2, 45.4, "e-stop, pole 2 (NC)", MIDDLE, ha="left", weight="bold", color=ORANGE)


def switches(ax: Axes) -> None:
    """Three normally closed contacts to ground; the stop's first pole moves with its second."""
    for name, words in (
        ("retract limit", "retract limit switch (NC)"),
        ("compress limit", "compress limit switch (NC)"),
        ("e-stop", "e-stop, pole 1 (NC)"),
    ):
        y = row(pin_of(SIGNALS[name]))
        signal(ax, name, 50, GREEN, "up 1k")
        contact(ax, 43, y, GREEN)
        line(ax, [(40, y), (43, y)], GREEN)
        text(ax, 39.2, y, words, MIDDLE, ha="right", color=GREEN, weight="bold")
    top, end = row(pin_of(SIGNALS["retract limit"])), row(pin_of(SIGNALS["e-stop"]))
    line(ax, [(40, top), (40, end - 3.2)], GREEN)
    for i, half in enumerate((1.6, 1.0, 0.4)):
        line(ax, [(40 - half, end - 3.2 - 0.8 * i), (40 + half, end - 3.2 - 0.8 * i)], GREEN)
    text(ax, 42.3, end - 4.0, "GND", SMALL, ha="left", color=GREEN)
    line(ax, [(23.2, end), (12, end), (12, 41.4), (22, 41.4), (22, 46.8)], GREY, 1.2, (0, (4, 3)))  # type: ignore[arg-type]
    text(ax, 23.2, 42.6, "one button moves both", SMALL, color=GREY, ha="left")


def over_force(ax: Axes) -> None:
    """Where a comparator may go; the wiring file has none unless it names a pin."""
    gpio = wiring.COMPARATOR if wiring.COMPARATOR is not None else FREE
    y = row(pin_of(gpio))
    line(ax, [(LEFT, y), (50, y)], GREY, 1.2, (0, (4, 3)))  # type: ignore[arg-type]
    text(ax, 57, y + 1.2, "over-force, option", SMALL, color=GREY)
    text(ax, 57, y - 1.25, "up 1k", SMALL, color=GREY)
    text(ax, 49.3, y, "NC", SMALL, ha="right", color=GREY)


def permits(ax: Axes) -> None:
    """Two outputs to the cycler."""
    low = row(pin_of(SIGNALS["discharge permit"]))
    box(ax, 17, low - 3.2, 33, 13.4, PURPLE, "cycler: external interlock inputs")
    for name, words in (("charge permit", "charge: high permits, low opens"),
                        ("discharge permit", "discharge: high permits, low opens")):  # fmt: skip
        signal(ax, name, 50, PURPLE, "down 10k")
        text(ax, 49.3, row(pin_of(SIGNALS[name])), words, SMALL, ha="right")


def current(ax: Axes) -> None:
    """Shunt in the cell's lead, amplifier."""
    y = row(pin_of(SIGNALS["current"]))
    box(ax, 96, y - 16.6, 21, 21.6, SKY, "current sense")
    signal(ax, "current", 96, SKY, "up 100k")
    text(ax, 106.5, y - 1.0, "amplifier 20 V/V,", SMALL)
    text(ax, 106.5, y - 3.4, "1.65 V at no current", SMALL)
    ax.add_patch(Rectangle((102, y - 9.4), 9, 2.6, facecolor="white", edgecolor=SKY, lw=1.6))
    text(ax, 106.5, y - 8.1, "shunt 1 ohm", SMALL)
    line(ax, [(98, y - 8.1), (102, y - 8.1)], SKY)
    line(ax, [(111, y - 8.1), (115, y - 8.1)], SKY)
    text(ax, 106.5, y - 11.8, "in the lead from", SMALL)
    text(ax, 106.5, y - 14.2, "cycler to cell", SMALL)


def regulator(ax: Axes) -> None:
    """The other actuator: in place of the stepper, never beside it."""
    y = row(pin_of(SIGNALS["regulator PWM"]))
    box(ax, 96, y - 5.4, 21, 17.2, GREY, "instead of a stepper", dashed=True)
    signal(ax, "regulator PWM", 96, GREY, "down 10k")
    text(ax, 106.5, y + 6.6, "low-pass filter,", SMALL)
    text(ax, 106.5, y + 4.2, "0-3.3 V to 0-10 V,", SMALL)
    text(ax, 106.5, y + 1.8, "pressure regulator", SMALL)
    text(ax, 106.5, y - 1.4, "must vent" if wiring.VENT_AT_ZERO else "must stay shut", SMALL, weight="bold")
    text(ax, 106.5, y - 3.8, "at 0 V", SMALL, weight="bold")


def legend(ax: Axes) -> None:
    """What the small words at the wires mean."""
    text(ax, 1.2, 4.6, "up: resistor to 3.3 V (of ENABLE: to the supply of the driver's logic); down: to GND. "
         "Fit it at the end of the wire that listens.", SMALL, ha="left")  # fmt: skip
    text(ax, 1.2, 1.8, "Drawn from firmware/wiring/pico.py. Not a certified safety device.", SMALL, ha="left")


def draw() -> Figure:
    """The whole diagram."""
    figure = Figure(figsize=(11.9, 10.9), dpi=100)
    ax = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0, 119), ylim=(0, 109))
    ax.axis("off")
    for part in (pico, power, load_cell, motor, switches, over_force, permits, current, regulator, legend):
        part(ax)
    return figure


def main(path: Path) -> None:
    """Writes the figure; words stay words, so that it can be searched and read aloud."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "pico", "font.family": ["DejaVu Sans"]})
    draw().savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, facecolor="white")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "pico_wiring.svg")
