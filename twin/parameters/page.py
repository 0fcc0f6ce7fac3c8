"""The page of every material a cell can be made of, made from the materials: `python -m twin.parameters.page`."""

from collections.abc import Iterator

from twin.parameters import CATALOGUE
from twin.parameters.entry import Material

HEADER = """# Cells

Made by `python -m twin.parameters.page` from `twin/parameters/`; a test keeps it current. A cell is a cathode, an
electrolyte and an anode, named in `[cell]` by any of their spellings, or a `parameter_set`: the named one, which is
the default, or `cathode|electrolyte|anode`. Every number, its range and its source: `isostack parameters`.

```sh
isostack parameters --set cathode=LCO --set electrolyte=LGPS --set anode=indium
isostack parameters --set anode=graphite --set n_p_ratio=1.2 --to graphite.json
isostack parameters graphite.json --json
isostack experiment layer-expansion --set anode=silicon --set layers=10
isostack experiment blend-null
```

```toml
[cell]
area_cm2 = 25.0
layers = 10
cathode = "NMC811"
blend = "LCO"
blend_weight_fraction = 0.32   # of NMC811
electrolyte = "Li6PS5Cl"
anode = "graphite"
n_p_ratio = 1.15
```

## What goes together
All parts carry the same ion: sodium, Na3PS4 and NaCrO2 with each other only. A metal as the cathode makes a symmetric
cell with the same metal as the anode. `blend` names a second oxide in the same composite, `blend_weight_fraction` the
share of the first. Refused besides: an anode as a cathode and the like, sulfur in a blend or on sintered LLZO, a
material blended with itself, lithium in an anode-free cell, a host smaller than its cathode. Where a charged or
discharged electrode lies beyond the electrolyte's window the cell is built, for such cells run on films that
passivate; `isostack check` and `isostack parameters` say so.

## How each is modelled
- *Insertion cathode*: one particle, or one at each point through the composite (`cathode_model`); Fick.
- *Blend*: a particle of each material, Fick in both, at one potential; linear kinetics (within 10 % below 38 mV), so
  that the current shares itself without an algebraic equation. Both end where the first of them is full or empty.
- *Conversion* (sulfur): how much is converted, two phases, no profile within a particle. All of it swells linearly.
- *Metal* (symmetric): the anode's metal, voids and contact once more, seen from the other side.
- *Host anode*: one particle with a parabolic profile (Subramanian 2005, 10.1149/1.2032427); its capacity is
  `n_p_ratio` times the cathode's. Volume strain times thickness, laterally confined: all of it goes into thickness,
  pores are not filled first. Good to rates where R^2/(5 D) is short beside the charge.
- *Residual swelling* (silicon): of what it grew, an assumed 30 % (0 to 60) stays as pores when the lithium leaves.
- *Plating host* (silver-carbon): the host fills, then lithium plates beneath it; on discharge metal leaves first.
- Hosts have no voids at the separator, and a tenth of lithium's contact resistance (assumed). The layers' own
  compliance leaves anodes out: below 0.2 % of a frame's.
- Sodium's values stand under lithium's parameter names, which are PyBaMM's; its interface is assumed from lithium's
  at pressures scaled by the yield stress.
- *Pressing*: conductivity follows the pellet's pores, which close with `electrolyte_pressed_MPa` (Heckel 1961);
  assumed constants, 370 MPa is where conductivities are given. Ceramics do not care.

## BPX
`isostack parameters --to FILE.json` writes a cell as a Battery Parameter eXchange file (1.0, model "Partial"), `bpx =
"FILE.json"` in `[cell]` reads it. Cell, electrolyte, separator, insertion cathodes and host anodes stand in BPX's
fields; what BPX has no field for is in its User-defined section under `isostack`. Every bit comes back. Values may be
edited, within the bounds that give a formula sense; potentials, kinetics and the particle's radius come with the
material and must stay. Every number is used or refused, and two that determine each other must agree to 1e-6: nominal
capacity and area, pairs, positive thickness, concentration, stoichiometries and volume fraction; the negative
electrode's thickness and the ratio of the capacities; a composite's density and that of its parts. A file that
contradicts itself is refused with both numbers and what follows from each: change both together. Of the size under
`isostack`, which keeps a diameter's digits, BPX's own fields count. A file of a cell with liquid electrolyte is
refused: it has no separator, interface or volume change to take over. Needs `pip install 'isostack[bpx]'`.
"""


def document() -> str:
    """The page as Markdown."""
    return "\n".join([HEADER, *_cathodes(), *_anodes(), *_electrolytes()])


def _value(material: Material, name: str, scale: float = 1.0) -> str:
    entry = material.entries.get(name)
    return "-" if entry is None else f"{entry.value * scale:.4g}"


def _function(material: Material, ending: str) -> tuple[str, str]:
    """Validity with source and kind, of the function whose name has this ending."""
    for name, function in material.functions.items():
        if name.endswith(ending):
            return function.validity, f"{function.source} ({function.kind})"
    return "-", "-"


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
    yield ""


def _spellings(material: Material) -> str:
    return f"`{material.name}`" + (f" ({', '.join(material.aliases)})" if material.aliases else "")


def _cathodes() -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for m in CATALOGUE["cathode"]:
        strain = next(f for name, f in m.functions.items() if name.endswith("volume change")).call
        empty, full = (m.entries[f"Positive electrode stoichiometry at {end}% SOC"].value for end in (0, 100))
        swing = 100 * float(strain(full) - strain(empty))
        rows.append(
            (
                _spellings(m), m.form, _value(m, "Positive electrode specific capacity [A.h.kg-1]"),
                _value(m, "Positive electrode active material density [kg.m-3]"), f"{empty:g} to {full:g}",
                f"{swing:+.2f}", *_function(m, "OCP [V]"), *_function(m, "volume change"),
            )
        )  # fmt: skip
    columns = (
        "cathode", "form", "mAh/g", "kg/m3", "lithium content, 0 to 100 %", "dV/V on charge [%]", "potential holds",
        "its source", "volume holds", "its source",
    )  # fmt: skip
    yield from _table("Cathodes", columns, rows)


def _anodes() -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for m in CATALOGUE["anode"]:
        rows.append(
            (
                _spellings(m), m.form, _growth(m), _value(m, "Negative electrode specific capacity [A.h.kg-1]"),
                _value(m, "Negative to positive capacity fraction"), *_function(m, "OCP [V]"),
                *_of_metal(m),
            )
        )  # fmt: skip
    columns = (
        "anode", "form", "um per mAh/cm2", "mAh/g", "n/p", "potential holds", "its source", "volume holds",
        "its source",
    )  # fmt: skip
    yield from _table("Anodes", columns, rows)


def _of_metal(material: Material) -> tuple[str, str]:
    found = _function(material, "volume change")
    if found[0] != "-":
        return found
    entry = material.entries["Lithium metal partial molar volume [m3.mol-1]"]
    return "any thickness", f"{entry.source} ({entry.kind})"


def _growth(material: Material) -> str:
    """Thickness per charge [um per mAh/cm2], the mean from empty to full."""
    from twin.parameters.shapes import F

    if material.form == "metal":
        per_mol = material.entries["Lithium metal partial molar volume [m3.mol-1]"].value
    else:
        strain = material.functions["Negative electrode volume change"].call
        c_max = material.entries["Maximum concentration in negative electrode [mol.m-3]"].value
        low, high = (material.entries[f"Negative electrode stoichiometry {e}"].value for e in ("at 0% SOC", "limit"))
        per_mol = float(strain(high) - strain(low)) / (c_max * (high - low))
    metal = ", then 4.849" if material.form == "plating host" else ""
    return f"{per_mol / F * 36000 * 1e6:.3f}{metal}"


def _electrolytes() -> Iterator[str]:
    rows: list[tuple[str, ...]] = []
    for m in CATALOGUE["electrolyte"]:
        low, high = (m.entries[f"Separator {end} potential [V]"] for end in ("reduction", "oxidation"))
        rows.append(
            (
                _spellings(m), _value(m, "Separator conductivity [S.m-1]", 10),
                _value(m, "Separator conductivity activation energy [J.mol-1]", 1 / 96485.33212),
                _value(m, "Separator Young's modulus [Pa]", 1e-9), _value(m, "Separator density [kg.m-3]"),
                f"{low.value:g} to {high.value:g}", m.entries["Separator conductivity [S.m-1]"].source,
                f"{low.source}; {high.source}",
            )
        )  # fmt: skip
    columns = (
        "electrolyte", "mS/cm at 298 K", "E_a [eV]", "E [GPa]", "kg/m3", "window [V]", "conductivity's source",
        "window's source",
    )  # fmt: skip
    yield from _table("Electrolytes", columns, rows)


if __name__ == "__main__":
    print(document(), end="")
