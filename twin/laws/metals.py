"""What the metals of anodes are, mechanically: every value with its source, range and kind."""

from dataclasses import dataclass

from twin.errors import InputError
from twin.parameters.entry import Entry

R = 8.314462618  # J.mol-1.K-1
REFERENCE_TEMPERATURE = 298.15  # K

MASIAS = "Masias 2019, 10.1007/s10853-018-2971-3"
LEPAGE = "LePage 2019, 10.1149/2.0221902jes"
WANG_NA = "Wang 2020, Materialia (sodium in tension)"


@dataclass(frozen=True)
class Metal:
    """A metal that is plated, stripped and creeps.

    ``creep_rate`` [s-1] is the minimum tensile rate at 1 MPa and 298.15 K, ``creep_exponent`` [1] and
    ``creep_energy`` [J.mol-1] its dependence on stress and temperature; ``yield_stress`` [Pa]; ``youngs_modulus``
    [Pa]; ``molar_volume`` [m3.mol-1]; ``self_diffusivity`` [m2.s-1] at 298.15 K with ``diffusion_energy`` [J.mol-1];
    ``melting_temperature`` [K].
    """

    name: str
    creep_rate: Entry
    creep_exponent: Entry
    creep_energy: Entry
    yield_stress: Entry
    youngs_modulus: Entry
    molar_volume: Entry
    self_diffusivity: Entry
    diffusion_energy: Entry
    melting_temperature: Entry


METALS = {
    "lithium": Metal(
        "lithium",
        # Geometric mean of the five tensile rates, each carried to 1 MPa with the exponent below.
        Entry(6.74e-3, f"{MASIAS}, Table S1: five tensile rates at 0.2 to 0.4 MPa", 2.6e-3, 1.7e-2, "calibrated"),
        Entry(6.6, f"{LEPAGE}, -25 to 125 C", 5, 7.5, "measured"),
        Entry(37e3, f"{LEPAGE}, -25 to 125 C", 30e3, 45e3, "measured"),
        Entry(0.77e6, f"{MASIAS}: 0.73 to 0.81 MPa", 0.73e6, 0.81e6, "measured"),
        Entry(7.82e9, MASIAS, 4.9e9, 8.2e9, "measured"),
        Entry(12.996e-6, "calibration figures: 4.849 um per mAh/cm2", 12.9e-6, 13.1e-6, "computed"),
        Entry(6.7e-15, "Lodding 1970, tracer: 0.133 cm2/s, 53 kJ/mol", 3e-15, 1.2e-14, "measured"),
        Entry(53e3, "Lodding 1970", 50e3, 56e3, "measured"),
        Entry(453.7, "handbook", 453.5, 453.9, "measured"),
    ),
    "sodium": Metal(
        "sodium",
        Entry(0.53, f"{WANG_NA}: rate = 0.53 sigma^5.0, MPa and 1/s", 0.2, 1.4, "measured"),
        Entry(5.0, WANG_NA, 4.5, 5.5, "measured"),
        Entry(43.8e3, "of self-diffusion, which climb-controlled creep follows (Sherby 1968)", 36e3, 48e3, "assumed"),
        Entry(0.235e6, f"{WANG_NA}: 0.19 to 0.28 MPa", 0.19e6, 0.28e6, "measured"),
        Entry(4.6e9, WANG_NA, 3.9e9, 6.8e9, "measured"),
        Entry(23.676e-6, "calibration figures: 8.834 um per mAh/cm2", 23.6e-6, 23.8e-6, "computed"),
        Entry(5.9e-13, "Mundy 1971, tracer: 5.7e-3 cm2/s, 35.7 kJ/mol and 0.72, 48.1", 5e-13, 7e-13, "measured"),
        Entry(43.8e3, "Mundy 1971, near room temperature", 36e3, 48e3, "measured"),
        Entry(370.9, "handbook", 370.7, 371.1, "measured"),
    ),
}
"""Metals by name."""


def metal(name: str) -> Metal:
    """Return the metal called ``name``; raise `InputError` naming the known ones."""
    try:
        return METALS[name]
    except KeyError:
        raise InputError(f"metal = {name!r}: not known; choose one of {', '.join(METALS)}") from None
