"""Kinds of messages on the link, answers to them, and the states of a stored record (docs/contracts.md)."""

PROTOCOL = 1
# Host to board.
H_HELLO, H_SENSOR, H_MESSAGE, H_ALIVE, H_CONFIG, H_STORE, H_READ, H_LEAVE, H_STOP = range(1, 10)
# Board to host.
B_HELLO, B_COMMAND, B_SENSOR, B_ANSWER, B_CONFIG = range(1, 6)
# Modes.
LOOK, BENCH, HIL = range(3)
# Codes of an ANSWER.
(A_DONE, A_KIND, A_LENGTH, A_MODE, A_STATE, A_REFUSED, A_CHECKSUM, A_STORE, A_BUSY, A_WIRING) = range(10)
# What the wiring cannot do of a record: the second integer of that answer; the third is what the wiring does.
W_KIND, W_TICK, W_SPEED, W_CODES, W_SAMPLE, W_VENTS = range(1, 7)
# What became of the stored record.
R_GOOD, R_NONE, R_TORN, R_FOREIGN, R_OLDER, R_REFUSED = range(6)
# The board's own dead-man [ms].
LINK_ms = 300
