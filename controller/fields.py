"""Where each field of the configuration record lies; meaning and bounds are in configuration.py."""

# fmt: off
(FORMAT, ACTUATOR_KIND, SCALE_NUM, SCALE_SHIFT, REFERENCE_TARE_counts, TICK_ms, SAMPLE_ms, STALE_ms,
 DEBOUNCE_samples, STUCK_samples, HEALTHY_samples, DEAD_TIME_ms, LAG_ms, WARN_hPa, SOFT_hPa, HARD_hPa,
 RETREAT_MARGIN_hPa, RETREAT_TRAVEL_counts, TARE_LIMIT_hPa, SETPOINT_MIN_hPa, SETPOINT_MAX_hPa,
 SETPOINT_SLEW_hPa_per_s, SPEED_counts_per_tick, ACCEL_counts_per_tick2, TRAVEL_MIN_counts, TRAVEL_MAX_counts,
 STIFFNESS_256hPa_per_count, BACKLASH_counts, KP_256, KI_256, DEADBAND_256count, FEED_QUANTUM_uAms,
 CHARGE_MIN_hPa, CHARGE_MAX_hPa, DISCHARGE_MIN_hPa, DISCHARGE_MAX_hPa, PERMIT_HYSTERESIS_hPa, PERMIT_OFF_ms,
 JUMP_hPa, STOP_VENTS, RESPONSE_256, RESPONSE_hPa, RESPONSE_PLAY_hPa, RESPONSE_ms, POLICY_THRESHOLD_uA, POLICY_DWELL_ms,
 POLICY_CHARGE_hPa, POLICY_CHARGE_hPa_per_mA, POLICY_DISCHARGE_hPa, POLICY_DISCHARGE_hPa_per_mA, APPROACH_counts,
 HOMING_counts, CHECKSUM) = range(53)
# fmt: on
