"""The pressure controller: integers only, no imports but its own; runs on CPython and MicroPython alike."""
