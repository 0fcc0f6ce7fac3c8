"""The objects of a MicroPython program, found in the RAM of an emulated micro:bit: nothing is run on it for this."""

import struct

from hil.emulated.qemu import RAM, Machine


class View:
    """Instances are known by the names of their attributes, as `firmware.host.shrink.Names` gives them."""

    def __init__(self, names):
        """Asks a board of its own by which numbers its interpreter knows those names."""
        with Machine() as machine:
            machine.prompt()
            self.keys = {name: int(machine.execute(f"print(id('{word}'))")) for name, word in names.attributes.items()}

    def state(self, memory, wanted):
        """Values of attributes by part and name, as in ``wanted``."""
        found = {}
        for part in sorted({path.split(".")[0] for path in wanted}):
            names = [path.split(".")[1] for path in wanted if path.startswith(part + ".")]
            (instance,) = self.instances(memory, {self.keys[name] for name in names})
            found.update({f"{part}.{name}": integer(instance[self.keys[name]]) for name in names})
        return found

    def instances(self, memory, keys):
        """Attributes of every instance that has all of ``keys``: values by key.

        An instance: its type's address; then the map: flags below the number of entries (3 bits), room, address.
        """
        words = struct.unpack(f"<{len(memory) // 4}I", memory)
        seen = {}
        for kind, used, room, table in zip(words, words[1:], words[2:], words[3:], strict=False):
            start = (table - RAM) // 4
            if RAM <= kind < RAM + len(memory) and used >> 3 <= room <= 99 and 0 <= start <= len(words) - 2 * room:
                entries = {words[start + 2 * i]: words[start + 2 * i + 1] for i in range(room)}
                if keys <= entries.keys():
                    seen[table] = entries
        return list(seen.values())


def integer(word):
    """The small integer that a word stands for: 31 bits and a one."""
    assert word & 1, f"{word:#x} is no integer"
    return (word >> 1) - (word >> 31 << 31)
