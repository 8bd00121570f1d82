"""The wordings are the published ones, and a name goes in as it is."""

from auditcore.passive.idia.prompts import TEMPLATES, filled
from passive.idia.reading import WORDINGS


def test_the_wordings_are_the_published_21() -> None:
    for name in ("Ada Lovelace", "{0} {name}", "Émile {}"):
        assert [filled(t, name) for t in TEMPLATES] == [wording(name) for wording in WORDINGS]
    assert len(set(TEMPLATES)) == 21
