"""Reading measured profiles: the forms of a table, its headings, units and cells; everything else is refused."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hil.profile import Profile
from hil.profile_file import read_profile
from twin.errors import InputError

HIDDEN = "xyzzy-not-to-be-shown"


def written(tmp_path: Path, text: str | bytes, name: str = "p.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(path: Path, **options: object) -> Profile:
    return read_profile(path, positive_current="discharge", **options)  # type: ignore[arg-type]


def refused(path: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read(path, **options)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert len(line.splitlines()) == 1
    return line


# --- forms of a table ---------------------------------------------------------------------------------------------

SAME = [
    "0,1\n1,2\n3,0\n",
    "0;1\n1;2\n3;0\n",
    "0\t1\n1\t2\n3\t0\n",
    "0,1\r1,2\r3,0\r",
    "0,1\r\n1,2\r\n3,0\r\n",
    "5,1\n6,2\n8,0",
    ' 0 , "1"\n1,+2.\n3e0,.0\n',
    "0:00:00,1\n0:00:01,2\n00:00:03.0,0\n",
    "# US06\n# time [s],current [A]\n0,1\n\n1,2\n3,0\n",
    "# time [min],current [mA]\n# measured in May\n0,1000\n0.016666666666666666,2000\n0.05,0\n",
    "time [s],current [A]\n0,1\n1,2\n3,0\n",
    "t,i\n0,1\n1,2\n3,0\n",
    "time,current\ns,mA\n0,1000\n1,2000\n3,0\n",
    "Time,Voltage,Current\n[s],[V],[A]\n0,3,1\n1,3,2\n3,3,0\n",
    "Time [s],Current [mA]\n(s),(mA)\n0,1000\n1,2000\n3,0\n",
    "Time [s],Current\n,A\n0,1\n1,2\n3,0\n",
    "Test Time / s,Voltage / V,Current / A\n0,3,1\n1,3,2\n3,3,0\n",
    "Current / A,Voltage / V,Test Time / s\n1,,0\n2,,1\n0,,3\n",
    '"Test Time / s";"Current / A"\n"0,0";"1,0"\n"1,0";"2,0"\n"3,0";"0,0"\n',
    '"Current, mA","Time, s"\n"1000,0",0\n"2000,0",1\n"0,0",3\n',
    'Zeit [s];Strom [mA]\n0;1000,0\n1;"2000,0"\n3;0,0\n',
    "Time,Total Time,Current(mA)\n0:00:00,0:00:00,1000\n0:00:01,0:00:01,2000\n0:00:00,0:00:03,0\n",
    "Test Time (sec),Step Time (sec),Amps\n0,0,1\n1,1,2\n3,0,0\n",
    "Test Time / s,Unix Time / s,Current / A,Surface Temperature T1 / degC\n0,5,1,25\n1,6,2,25\n3,8,0,25\n",
]


@pytest.mark.parametrize("text", SAME)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_one_profile_in_many_forms(tmp_path: Path, text: str, encoding: str) -> None:
    profile = read(written(tmp_path, text.encode(encoding)))
    assert np.allclose(profile.time_s, [0, 1, 3], rtol=1e-12)
    assert np.allclose(profile.current_A, [1, 2, 0], rtol=1e-12)
    assert profile.charge_C == pytest.approx(5, rel=1e-12)
    assert profile.source == "p.csv"


def test_sign_is_what_the_key_says(tmp_path: Path) -> None:
    path = written(tmp_path, "0,1\n1,2\n")
    assert read_profile(path, positive_current="charge").current_A.tolist() == [-1, -2]


def test_time_units(tmp_path: Path) -> None:
    path = written(tmp_path, "0,1\n1,2\n")
    assert read(path, time_unit="min").duration_s == 60
    stated = written(tmp_path, "time [h],current [A]\n0,1\n1,2\n", "h.csv")
    assert read(stated).duration_s == read(stated, time_unit="h").duration_s == 3600
    assert "contradicts time_unit" in refused(stated, time_unit="s")
    clock = written(tmp_path, "time [h:mm:ss],current [A]\n0:00:00,1\n1:00:00,2\n", "c.csv")
    assert read(clock).duration_s == 3600
    assert "contradicts time_unit" in refused(clock, time_unit="h")


def test_times_of_a_clock(tmp_path: Path) -> None:
    path = written(tmp_path, "Test Time (hh:mm:ss.ms),Current (A)\n23:59:59.5,1\n24:00:00.25,2\n1d 00:00:01,0\n")
    assert read(path).time_s.tolist() == [0, 0.75, 1.5]


# --- Parquet ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("time", [[0.0, 1, 3], [0, 1, 3], ["0", "1.0", "3"], ["0:00:00", "0:00:01", "0:00:03"]])
@pytest.mark.parametrize(
    "current", [[1.0, 2, 0], np.array([1, 2, 0], np.float32), ["1", "2", "0"], pd.Categorical(["1", "2", "0"])]
)
def test_parquet(tmp_path: Path, time: list[object], current: object) -> None:
    table = pd.DataFrame({"test_time_second": time, "Voltage / V": 3.0, "Current / A": current})
    if isinstance(time[0], str):
        table = table.rename(columns={"test_time_second": "Total Time"})
    table.to_parquet(tmp_path / "p.parquet")
    assert read(tmp_path / "p.parquet").charge_C == 5
    (tmp_path / "p.parquet").rename(tmp_path / "p.dat")
    assert read(tmp_path / "p.dat").charge_C == 5


def test_parquet_headings_are_those_of_csv(tmp_path: Path) -> None:
    pd.DataFrame({"time_min": [0.0, 1, 2], "current_milliampere": 0.5}).to_parquet(tmp_path / "p.parquet")
    profile = read(tmp_path / "p.parquet")
    assert profile.time_s.tolist() == [0, 60, 120]
    assert profile.charge_C == pytest.approx(0.06, rel=1e-12)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Test Time / s": [0.0, 1]}, "missing column 'Current / A'"),
        ({"Test Time / s": [0.0, 1], "Current / %": [1.0, 1]}, "not in ampere"),
        ({"Test Time / s": [0.0, 1], "Current / A": [1.0, 1], "current_ampere": [1.0, 1]}, "more than one current"),
        ({"Test Time / s": [0.0, 1], "Current / A": [1.0, None]}, "row 2: current is empty"),
        ({"Test Time / s": [0.0, 1], "Current / A": ["1", "x"]}, "row 2: current = 'x'"),
        ({"Test Time / s": [0.0, 1], "Current / A": [True, False]}, "not numbers"),
        ({"Test Time / s": pd.to_datetime(["2024-01-01", "2024-01-02"]), "Current / A": [1.0, 1]}, "not numbers"),
    ],
)
def test_parquet_refused(tmp_path: Path, columns: dict[str, object], words: str) -> None:
    pd.DataFrame(columns).to_parquet(tmp_path / "p.parquet")
    assert words in refused(tmp_path / "p.parquet")


def test_parquet_that_unpacks_to_much_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    many = ["0" * 70_000_000 + f"{i}" for i in range(4)]
    pd.DataFrame({"Test Time / s": many, "Current / A": 1.0}).to_parquet(path, compression="zstd")
    assert path.stat().st_size < 1_000_000
    assert "once unpacked; at most 268435456" in refused(path)


def test_no_parquet(tmp_path: Path) -> None:
    for data in (b"PAR1 " + HIDDEN.encode(), b"", HIDDEN.encode()):
        line = refused(written(tmp_path, data, "r.parquet"))
        assert "not a whole Parquet table" in line
        assert HIDDEN not in line


# --- headings -----------------------------------------------------------------------------------------------------

MILLI = [
    "Current / mA", "Current/mA", "Current [mA]", "Current (mA)", "Current(mA)", "Current, mA", "Current in mA",
    "Current mA", "current_mA", "current-mA", "current_ma", "Current#mA", "I/mA", "<I>/mA", "I [mA]", "I(mA)",
    "current_milliampere", "Current / milliamperes", "Current (milliamps)", "Current [mAmps]", "Milliamps",
    "CURRENT (MILLIAMPERE)", "Cell Current / mA", "Cur(mA)", "Current {mA}",
    "\u7535\u6d41(mA)", "\u7535\u6d41\uff08mA\uff09",  # Neware's, in wide brackets, too
]  # fmt: skip


@pytest.mark.parametrize("heading", MILLI)
def test_every_place_of_a_unit(tmp_path: Path, heading: str) -> None:
    for quoted, mark in ((f'"{heading}"', ","), (heading, ";"), (heading, "\t")):
        path = written(tmp_path, f"time/s{mark}{quoted}\n0{mark}300\n1{mark}300\n")
        assert read(path).current_A == pytest.approx([0.3, 0.3], rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "ampere"),
    [
        ("A", 1), ("a", 1), ("Amp", 1), ("amps", 1), ("Amps", 1), ("ampere", 1), ("Amperes", 1), ("AMPS", 1),
        ("mA", 1e-3), ("milliampere", 1e-3), ("milliamps", 1e-3), ("mAmp", 1e-3), ("uA", 1e-6), ("\u00b5A", 1e-6),
        ("\u03bcA", 1e-6), ("microampere", 1e-6), ("microamps", 1e-6), ("nA", 1e-9), ("nanoampere", 1e-9),
        ("pA", 1e-12), ("kA", 1e3), ("kiloampere", 1e3),
    ],
)  # fmt: skip
def test_units_of_current(tmp_path: Path, unit: str, ampere: float) -> None:
    for heading in (f"Current / {unit}", f"current_{unit}", f"I ({unit})"):
        path = written(tmp_path, f"Test Time / s;{heading}\n0;300\n1;300\n")
        assert read(path).current_A == pytest.approx([300 * ampere] * 2, rel=1e-12)


@pytest.mark.parametrize(
    ("unit", "second"),
    [
        ("s", 1), ("S", 1), ("sec", 1), ("Sec", 1), ("SEC", 1), ("sec.", 1), ("secs", 1), ("second", 1),
        ("Seconds", 1), ("ms", 1e-3), ("milliseconds", 1e-3), ("us", 1e-6), ("\u00b5s", 1e-6), ("\u03bcs", 1e-6),
        ("ns", 1e-9), ("min", 60), ("Min", 60), ("mins", 60), ("minute", 60), ("MINUTES", 60), ("h", 3600),
        ("H", 3600), ("hr", 3600), ("Hrs", 3600), ("hour", 3600), ("hours", 3600), ("d", 86400), ("days", 86400),
    ],
)  # fmt: skip
def test_units_of_time(tmp_path: Path, unit: str, second: float) -> None:
    for heading in (f"Test Time / {unit}", f"test_time_{unit}", f"Time [{unit}]", f"t ({unit})"):
        path = written(tmp_path, f"{heading},Current / A\n0,1\n3,1\n")
        assert read(path).duration_s == pytest.approx(3 * second, rel=1e-12)


@pytest.mark.parametrize(
    "heading",
    [
        "Current [mA/cm2]", "Current / mA/cm2", "Current / A/m2", "Current [mA cm-2]", "Current (mA/cm\u00b2)",
        "Current [%]", "Current / %", "Current %", "Current (C)", "Current / C-rate", "Current [MA]", "CURRENT (MA)",
        "Current (NA)", "Current [V]", "current_volt", "Current / mAh", "Current / 10 mA", "Current / A/1000",
        "Current []", "Current (A rms)", "Current Range", "Current density [mA/cm2]", "current_density_mA_cm2",
        "C-rate", "Voltage / V", "voltage_volt", "U", "Power / W", "Capacity / Ah", "-I / A", "|I| / A",
        "Discharge Current / A", "x", "", "A/B", "current_ampere [mA]", "Current / A [mA]", "Current / s",
        "Current / min", "I_1", "Temperature",
    ],
)  # fmt: skip
def test_no_current_no_profile(tmp_path: Path, heading: str) -> None:
    for text in (f"Test Time / s;{heading}\n0;300\n1;300\n", f"{heading};x;time [min]\n300;0;0\n300;0;1\n"):
        line = refused(written(tmp_path, text))
        assert "line 1" in line
        assert heading[:35].replace("²", "") in line or "²" in heading
        assert "A, mA, uA, nA" in line


@pytest.mark.parametrize(
    "heading",
    ["Time [Ms]", "Time / m", "Time / A", "Time [%]", "Time / a", "Step Time / s", "Unix Time / s", "Date", "Run Time",
     "Time Stamp", "Relative Time(s)", "Cycle", "", "Time / 10 s", "Time [1/s]", "T", "min", "time_stamp"],
)  # fmt: skip
def test_no_time_no_profile(tmp_path: Path, heading: str) -> None:
    line = refused(written(tmp_path, f"{heading};Current / A\n0;300\n1;300\n"))
    assert "line 1" in line
    assert heading in line
    assert "s, min, h" in line


@pytest.mark.parametrize(
    "headings",
    [
        "Test Time / s,Current / A,Current / A", "Time [s],Current [A],Current [mA]", "Time [s],I/mA,<I>/mA",
        "Test Time / s,test_time_second,Current / A", "t,time,i", "Time [s],Current [A],Current [%]",
        "Time [s],Amps,Current [mA]", "Time,current_a,current_b",
    ],
)  # fmt: skip
def test_two_of_a_kind_are_not_chosen_from(tmp_path: Path, headings: str) -> None:
    assert "more than one" in refused(written(tmp_path, f"{headings}\n0,1,2\n1,1,2\n"))


@pytest.mark.parametrize(
    ("units", "words"),
    [
        ("min,A", "unit min is not the s of the heading"), ("s,mA", "unit mA is not the A of the heading"),
        ("s,mA/cm2", "'s'"), ("s,V", "'s'"), ("h:mm:ss,A", "unit h:mm:ss is not"), (",x", "empty cell"),
    ],
)  # fmt: skip
def test_units_below_the_headings_agree_with_them(tmp_path: Path, units: str, words: str) -> None:
    line = refused(written(tmp_path, f"Time [s],Current [A]\n{units}\n0,1\n1,1\n"))
    assert "line 2" in line
    assert words in line


# --- cells --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("0,1\n", "at least two"),
        ("time,current\n", "at least two"),
        ("0,1\n1,2\n1,3\n", "line 3: time repeats"),
        ("0,1\n2,2\n1,3\n", "line 3: time runs backwards"),
        ("# c\n0,1\n1,abc\n", "line 3: current = 'abc': not a number"),
        ("0,1\nx,2\n", "line 2: time = 'x'"),
        ("0,abc\n1,2\n", "line 1: current = 'abc'"),
        ("0,nan\n1,2\n", "line 1: current = 'nan': not a finite number"),
        ("0,1\ninf,2\n", "line 2: time = 'inf': not a finite number"),
        ("0,1\n1,\n", "line 2: current = '': an empty cell"),
        ("0,1\n1,1e9\n", "beyond"),
        ("0,1\n1,1e999\n", "line 2: current = inf"),
        ("0,1\n1,1_000\n", "line 2: current = '1_000': thousands"),
        ("0,1\n1,1 000\n", "line 2: current = '1 000': thousands"),
        ("0,1\n1,1'000.5\n", "thousands"),
        ("0,1\n1,\u0661\n", "line 2: current"),
        ("0,1\n1,0x10\n", "line 2: current = '0x10'"),
        ("0,1\n1,1d3\n", "line 2: current = '1d3'"),
        ("0,1\n1,5 mA\n", "line 2: current = '5 mA'"),
        ("0,1\n1\n", "line 2: 1 cells"),
        ("0,1\n1,2,3\n", "line 2: 3 cells"),
        ("time,current\n0,0,5\n1,0,5\n", "line 2: 3 cells"),
        ("time,current\n0,1\n1,2,\n", "line 3: 3 cells"),
        ("0\n1\n", "one column"),
        ("0,1,2\n1,1,2\n", "no header"),
        ("0;1\n1,2\n", "line 2: 1 cells"),
        ('0,1\n1,"2\n3,4\n', "line 2"),
        ('time,current\n0,"1\n2"\n', "line 2: a quote is not closed"),
        ('0,"1,000"\n1,"2,000"\n', "line 1: current = '1,000': may be thousands or decimals"),
        ('0,"0,5"\n1,0.5\n', "line 2: current = '0.5': not a number with a decimal comma"),
        ('0,"1,000.5"\n1,2\n', "line 1: current = '1,000.5': thousands"),
        ('0;"1.000,5"\n1;2\n', "line 1: current = '1.000,5': thousands"),
        ('0;"1,000,000"\n1;2\n', "line 1: current = '1,000,000': thousands"),
        ("time,current\n2024-01-01 00:00:00,1\n2024-01-01 00:01:00,1\n", "time = '2024-01-01 00:00:00': a date"),
        ("time,current\n1/2/2024,1\n2/2/2024,1\n", "line 2: time = '1/2/2024': a date"),
        ("time,current\n0:00:00,1\n1,1\n", "line 3: time = '1'"),
        ("time,current\n0,1\n0:00:01,1\n", "line 3: time = '0:00:01': a time in hours"),
        ("time [s],current\n0:00:00,1\n0:00:01,1\n", "line 2: time = '0:00:00'"),
        ("time,current\n0:61:00,1\n0:62:01,1\n", "line 2: time = '0:61:00'"),
        ("time,current\n23:59:59,1\n0:00:00,1\n", "line 3: time runs backwards"),
        (b"0,1\n\xff,2\n", "not UTF-8"),
        ("time,\u00b5A\n0,1\n".encode("latin-1"), "not UTF-8"),
        (b"\xff\xfe0", "not UTF-8"),
        ("0,1\n1,2\n".encode("utf-16-le"), "not a table"),
    ],
)  # fmt: skip
def test_refused(tmp_path: Path, text: str | bytes, words: str) -> None:
    assert words in refused(written(tmp_path, text))


# --- files that are no profile ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"root:{HIDDEN}:19000:0:99999:7:::\ndaemon:*:19000\n",
        f"-----BEGIN PRIVATE KEY-----\n{HIDDEN}\n{HIDDEN}\n-----END PRIVATE KEY-----\n",
        f'{{"user": "{HIDDEN}", "password": "{HIDDEN}"}}\n',
        f"[section]\nkey={HIDDEN},{HIDDEN}\n",
        f"key={HIDDEN},{HIDDEN}\nkey={HIDDEN},{HIDDEN}\n",
        f"{HIDDEN};\t,{HIDDEN}\n{HIDDEN}\n",
        f"\0{HIDDEN},1\n",
        f'"{HIDDEN}\n{HIDDEN}\n',
        f'{HIDDEN},"{HIDDEN}"{HIDDEN}\n',
        f"{HIDDEN}, {HIDDEN}\n",
        HIDDEN * 10_000,
    ],
)
def test_of_what_is_no_table_nothing_is_shown(tmp_path: Path, text: str) -> None:
    for name in ("p.csv", "p.parquet", "p"):
        assert HIDDEN not in refused(written(tmp_path, text, name))


def test_of_a_heading_or_cell_40_characters_are_shown(tmp_path: Path) -> None:
    long = "\x1b[31m" + "y" * 100
    for text in (f"time,{long}\n0,1\n1,1\n", f"time,current\n0,{long}\n1,1\n"):
        line = refused(written(tmp_path, text))
        assert "'?[31m" + "y" * 32 + "...'" in line


def test_more_rows_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.profile_file.MOST_ROWS", 3)
    text = "Test Time / s,Current / A\n0,1\n1,1\n2,1\n"
    assert read(written(tmp_path, text)).duration_s == 2
    assert "line 5: more than 3 rows" in refused(written(tmp_path, text + "3,1\n"))
    pd.DataFrame({"Test Time / s": range(4), "Current / A": 1.0}).to_parquet(tmp_path / "p.parquet")
    assert "4 rows; at most 3" in refused(tmp_path / "p.parquet")


def test_unreadable(tmp_path: Path) -> None:
    assert "no such file; the path is relative" in refused(tmp_path / "absent.csv")
    assert "is a directory" in refused(tmp_path)
    with (tmp_path / "huge.csv").open("wb") as file:
        file.truncate(10 * 2**30)
    assert "at most 67108864 bytes" in refused(tmp_path / "huge.csv")
    if os.name == "posix":
        assert "is a device" in refused(Path("/dev/zero"))
