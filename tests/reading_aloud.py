"""What a person reads when they give a file: the sentence of a refusal, or the notes."""

from hostile import NAMES, Case

from auditcore.errors import TelltaleError
from auditcore.kit import open_kit
from auditcore.photos import encode_photo, read_captions, read_photo


def of_photo(case: Case) -> tuple[bool, str]:
    """Return whether the photo was accepted (and could be published), and what is read."""
    try:
        photo = read_photo(case.data, case.name)
        encode_photo(photo, photo.pixels)
    except TelltaleError as error:
        return False, str(error)
    return True, " ".join(photo.notes) or "(accepted, nothing to say)"


def of_kit(case: Case) -> tuple[bool, str]:
    """Return whether the kit was opened, and what is read."""
    try:
        open_kit(case.data)
    except TelltaleError as error:
        return False, str(error)
    return True, "(opened)"


def of_captions(case: Case) -> tuple[bool, str]:
    """Return whether the table was accepted, and what is read."""
    try:
        found = read_captions(case.data, NAMES)
    except TelltaleError as error:
        return False, str(error)
    return (
        True,
        f"(accepted: {', '.join(f'{key} = {value.caption}' for key, value in found.items())})",
    )
