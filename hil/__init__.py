"""The harness: couples the twin, its sensors and a board in one loop, records and replays it."""
