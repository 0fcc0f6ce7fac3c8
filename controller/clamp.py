"""A number kept within a bound."""


def clamp(x: int, bound: int) -> int:
    """``x`` within +-``bound``."""
    if x > bound:
        return bound
    if x < -bound:
        return -bound
    return x
