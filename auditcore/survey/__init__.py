"""Many kits, one model: each kit is one statement, all of them together at one level.

finding    which kits a folder holds
ledger     which kits a survey is about, and at which level: written down before the first question
running    audits them one after the other; what fails is listed, the others go on
tables     the results as Parquet
words      the results in sentences

The level p is shared out evenly beforehand (Bonferroni): each kit's audits, all attempts together,
raise a false alarm with probability below p / number of kits, so that any of them does with
probability below p, however the kits depend on one another. The shares are for good: a kit that is
added later gets what is left of them, if anything; a survey that is repeated spends nothing twice.
"""

from auditcore.survey.finding import Found, find_kits, is_folder_of_kits
from auditcore.survey.ledger import SurveyRecord, Surveys
from auditcore.survey.running import (
    KitBegun,
    KitDone,
    KitLine,
    KitMoved,
    SurveyEvent,
    SurveyFinished,
    SurveyProgress,
    SurveyRequest,
    SurveyStarted,
    SurveyStopped,
    run_survey,
)
from auditcore.survey.tables import KITS_FILE, PHOTOS_FILE, Tables, write_tables
from auditcore.survey.words import SurveyWords, survey_words

__all__ = [
    "KITS_FILE",
    "PHOTOS_FILE",
    "Found",
    "KitBegun",
    "KitDone",
    "KitLine",
    "KitMoved",
    "SurveyEvent",
    "SurveyFinished",
    "SurveyProgress",
    "SurveyRecord",
    "SurveyRequest",
    "SurveyStarted",
    "SurveyStopped",
    "SurveyWords",
    "Surveys",
    "Tables",
    "find_kits",
    "is_folder_of_kits",
    "run_survey",
    "survey_words",
    "write_tables",
]
