"""One run of a campaign, from its draw to its result."""

from controller.fields import HARD_hPa, SOFT_hPa
from hil import scaling
from hil.campaign.faults import HEALTHY, KINDS
from hil.campaign.file import Campaign
from hil.campaign.observe import Bounds, Observer, Result, compare, strayed
from hil.campaign.plan import Draw, has_actuator
from hil.campaign.rig import build
from hil.loop import FAILED
from hil.scaling import hPa_per_MPa
from twin.errors import SimulationError


def run_one(campaign: Campaign, draw: Draw, *, engine: str = "auto") -> Result:
    """The result of a run; the same for the same campaign and draw, wherever it is made."""
    observed = observe_run(campaign, draw, engine)
    result = observed.result
    fault = KINDS.get(draw.kind)
    if fault is not None and fault.compared:
        healthy = observe_run(campaign, draw.without_fault(), engine)
        result.would_see += compare(observed, healthy)
        result.off_MPa = strayed(observed, healthy)
    return result


def observe_run(campaign: Campaign, draw: Draw, engine: str) -> Observer:
    """The run of a draw, observed to its end; compared with no other."""
    rig = build(campaign, draw, engine=engine)
    record, file = list(rig.record), rig.experiment.schema
    result = Result(
        draw.key, draw.kind, draw.fixture, draw.severity, draw.moment_s,
        hard_MPa=record[HARD_hPa] / hPa_per_MPa, soft_MPa=record[SOFT_hPa] / hPa_per_MPa,
        when=draw.when, setpoint_MPa=file.control.setpoint_MPa,
    )  # fmt: skip
    harm, tick_s = campaign.schema.harm, file.run.tick_s
    bounds = Bounds(
        peak_Pa=harm.peak_of_hard_limit * record[HARD_hPa] * 100,
        over_ticks=round(harm.over_hard_limit_s / tick_s),
        outside_ticks=round(harm.outside_window_s / tick_s),
    )
    step_hPa = scaling.pressure_per_step(file) if has_actuator(campaign, draw.fixture) else 0.0
    observer = Observer(result, record, bounds, tick_s, step_hPa, file.piston_ratio)
    largest = campaign.schema.campaign.current_mA_per_cm2[1] * 1e-3 * file.electrode_area_m2 * 1e4
    observer.attach(rig.board, rig.actuator, largest)
    rig.loop.record = observer.row
    outcome = rig.loop.run()
    if not observer.trace:
        raise SimulationError(f"{draw.key}: it ended before its moment: {outcome.reason}")
    observer.close()
    result.ended = outcome.reason
    result.hours = (rig.board.t + draw.moment_s) / 3600
    hard = result.peak_MPa >= result.hard_MPa
    result.false_trip = draw.kind == HEALTHY and result.tripped and not hard
    if outcome.code == FAILED:
        result.ended = f"the model stopped: {outcome.reason}"
    return observer
