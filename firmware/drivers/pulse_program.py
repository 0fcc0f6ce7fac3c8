"""The step pulses as a PIO program; its words are an assembler's, which no type checker knows (firmware/mypy.ini)."""

# ruff: noqa: F821
from rp2 import PIO, asm_pio

OVERHEAD_us = 4  # instructions of a half period besides its loop


@asm_pio(set_init=PIO.OUT_LOW, out_init=PIO.OUT_LOW, out_shiftdir=PIO.SHIFT_RIGHT)
def train() -> None:
    """One word a train: 12 bits count - 1, 1 bit direction, 17 bits loops per half period, low half first."""
    pull(block)
    out(x, 12)
    out(pins, 1)
    mov(isr, osr)
    label("step")
    mov(y, isr)
    label("low")
    jmp(y_dec, "low")
    set(pins, 1)
    mov(y, isr)[1]
    label("high")
    jmp(y_dec, "high")
    set(pins, 0)
    jmp(x_dec, "step")
