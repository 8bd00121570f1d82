"""Where things lie in a kit, and what its READ-ME says."""

READ_ME_FILE = "READ-ME.txt"
READ_ME = """\
This is the key to your protected photos. Keep it, and keep it to yourself.

- Keep a second copy of this file (kit.zip) somewhere safe. It cannot be made again: without it
  nobody can ever check whether a model was trained on your photos.
- Do not publish it. Whoever has it can tell which version of each photo is out in the world.
- Do not unpack, edit or rename what is inside. A changed kit is not accepted.
- To check a model, open Telltale, choose "Check a model" and give it this file.
"""


def base_file(photo: int) -> str:
    """Return where the copy of a photo that versions are made from lies in the kit."""
    return f"base/{photo + 1:04d}.png"


def part_file(photo: int, name: str) -> str:
    """Return where a stored part of a photo's marks lies in the kit."""
    return f"marks/{photo + 1:04d}/{name}.bin"
