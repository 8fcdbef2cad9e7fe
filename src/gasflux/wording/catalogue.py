"""The one catalogue of faults: code -> sentence in every language.

A fault is raised by its code and its figures (`gasflux.errors.Fault.of`), and both sentences are written here, side by
side, from the same figures: whoever changes the English one sees the Chinese one, and no translation lives in the web
page, where it would have to guess the figures from a finished sentence. The English sentence is the `message` of the
API, of the command line and of the logs; the Chinese one travels with it.

Names with a full stop are parts of sentences; without, they are codes of faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gasflux.wording.columns import COLUMN_TEXTS
from gasflux.wording.files import FILE_TEXTS
from gasflux.wording.fusion import FUSION_TEXTS
from gasflux.wording.layouts import LAYOUT_TEXTS
from gasflux.wording.notes import NOTE_TEXTS
from gasflux.wording.phrases import Phrase
from gasflux.wording.refusals import REFUSAL_TEXTS
from gasflux.wording.settings import SETTING_TEXTS
from gasflux.wording.work import WORK_TEXTS

TEXTS: Final[Mapping[str, Phrase]] = {
    **FILE_TEXTS,
    **COLUMN_TEXTS,
    **SETTING_TEXTS,
    **WORK_TEXTS,
    **NOTE_TEXTS,
    **REFUSAL_TEXTS,
    **LAYOUT_TEXTS,
    **FUSION_TEXTS,
}
