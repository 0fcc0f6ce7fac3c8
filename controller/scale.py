"""From load-cell counts to pressure."""

from controller.clamp import clamp
from controller.fields import SCALE_NUM, SCALE_SHIFT, REFERENCE_TARE_counts


def scale(c: list[int], counts: int) -> int:
    """Pressure from the reference tare [hPa], within +-2**20, of load-cell counts (24 bits signed)."""
    d = counts - c[REFERENCE_TARE_counts]
    n = c[SCALE_NUM]
    # Two steps, exact: neither product passes 2**29.
    return clamp(((d >> 12) * n + ((d & 4095) * n >> 12)) >> (c[SCALE_SHIFT] - 12), 1048576)
