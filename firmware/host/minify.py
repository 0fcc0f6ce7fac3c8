"""Source as a board needs it: no annotations, no docstrings, nothing else changed that a reader would miss."""

from firmware.host.extras import need


def minify(source: str, *, rename_locals: bool = False) -> str:
    """``source`` without annotations, docstrings, comments and blank lines; it runs as before.

    Raises FirmwareError where python-minifier is not installed, SyntaxError on what is not Python.
    """
    minifier = need("python_minifier")
    everything = minifier.RemoveAnnotationsOptions(
        remove_variable_annotations=True,
        remove_return_annotations=True,
        remove_argument_annotations=True,
        remove_class_attribute_annotations=True,
    )
    # Hoisting and combining move code about; they save bytes only where text is scarce, and not in bytecode.
    small: str = minifier.minify(
        source,
        remove_annotations=everything,
        remove_literal_statements=True,
        rename_locals=rename_locals,
        rename_globals=False,
        hoist_literals=False,
        combine_imports=False,
        preserve_shebang=False,
    )
    return small.rstrip("\n") + "\n"
