"""Every error a person may meet, in one tree.

The text of each error is a sentence (or two) for a person: what is wrong, and what to do about it.
The command line prints it and exits with 2; the app shows it in place. A traceback therefore always
means a defect of this software, never of what the person brought.
"""


class TelltaleError(Exception):
    """Root of the tree: `str(error)` is ready to be shown to a person."""


class PhotoError(TelltaleError):
    """A file that cannot be read, or not safely, as a photo."""


class CaptionError(TelltaleError):
    """A table of captions that cannot be read or does not fit the photos."""


class MarkError(TelltaleError):
    """A request for marks that cannot be met (number of versions, visibility, family)."""


class KitError(TelltaleError):
    """A kit that is damaged, edited, too new, or not a kit at all."""


class ModelError(TelltaleError):
    """A model that cannot be found, opened safely, or asked what was wanted."""


class AddressRefused(ModelError):
    """An address that must not be called, or not safely: the address, not the model, is wrong."""


class KeyRefused(ModelError):
    """A provider that asks for a key, or for another one."""


class SpendingError(ModelError):
    """Nothing more may be sent: the audit's ceiling, or the credit at the provider, is used up."""


class ChangedAnswer(ModelError):
    """A hosted model whose answer has another shape than before, or is no number."""


class ServingError(TelltaleError):
    """A model that cannot be offered to others: its address, its port or its key."""


class ScoreError(TelltaleError):
    """A score that does not fit what the model gives or what the kit knows of its photos."""


class DesignError(TelltaleError):
    """A test, level or claim that cannot be had, such as a level finer than 1/n."""


class AuditError(TelltaleError):
    """An audit that cannot start or go on; what has been answered so far is kept."""


class ClusterError(TelltaleError):
    """The machines that compute an audit, not the audit: all of it goes on once they are there."""


class EvidenceError(TelltaleError):
    """A report that cannot be read as one."""


class PassiveError(TelltaleError):
    """A question about unmarked photos that cannot be asked: photos, names or attack do not fit."""


class JobError(TelltaleError):
    """A piece of queued work that is unknown, or cannot be paused, resumed or cancelled now."""


class Cancelled(TelltaleError):
    """The person cancelled; what was done so far is kept."""
