"""Kit + model + score + test -> a stream of events, and a verdict that can be repeated.

plan, opening   what is asked, at which level, what it will take
machine         the audit itself, pure: courses (one a claim), tracks (one a photo), rounds
replay          the path of records that engine, traces and verification share
store           plans, logs, answers and the ledger of attempts, in SQLite
listing         pages of audits for a list, from small rows beside them
probing         has the model changed while it was asked?
disclosure      what a provider was sent before, and what may still be asked of it
engine          runs it: events on the way, everything answered kept at once
scoring         who asks the model: this process, or a cluster
verdict, words  the outcome as data, and in sentences

audit_id = start_audit(store, kit, model, claim="collection", p=Fraction(1, 20))
for event in run_audit(store, audit_id, kit, model):
    print(event.now)
"""

from auditcore.audit.engine import run_audit
from auditcore.audit.events import (
    BatchScored,
    CollectionMoved,
    Decided,
    Drifted,
    Event,
    Finished,
    PhotoMoved,
    Progress,
    Started,
    Stopped,
)
from auditcore.audit.listing import UNFINISHED, Listed, Listing, list_audits, list_kits
from auditcore.audit.opening import Estimate, estimate, start_audit, warnings
from auditcore.audit.plan import ANYTIME, COLLECTION_TESTS, RANK_SUM, Claim, Plan, parse_claim
from auditcore.audit.replay import Trace, trace_of
from auditcore.audit.scoring import Asking, Scoring, local_scoring
from auditcore.audit.store import AuditRecord, LogLine, Status, Store
from auditcore.audit.verdict import CollectionVerdict, Decision, PhotoVerdict, Verdict
from auditcore.audit.words import VerdictWords, verdict_words

__all__ = [
    "ANYTIME",
    "COLLECTION_TESTS",
    "RANK_SUM",
    "UNFINISHED",
    "Asking",
    "AuditRecord",
    "BatchScored",
    "Claim",
    "CollectionMoved",
    "CollectionVerdict",
    "Decided",
    "Decision",
    "Drifted",
    "Estimate",
    "Event",
    "Finished",
    "Listed",
    "Listing",
    "LogLine",
    "PhotoMoved",
    "PhotoVerdict",
    "Plan",
    "Progress",
    "Scoring",
    "Started",
    "Status",
    "Stopped",
    "Store",
    "Trace",
    "Verdict",
    "VerdictWords",
    "estimate",
    "list_audits",
    "list_kits",
    "local_scoring",
    "parse_claim",
    "run_audit",
    "start_audit",
    "trace_of",
    "verdict_words",
    "warnings",
]
