"""Many machines ask the model about the versions of one audit, on Ray.

order       what a worker is told
worker      one process with the model and the kit open, which answers
dispatch    which worker gets what; answers in the committed order, nothing lost or twice
parcel      the kit on its way to workers that cannot see its file
crew        the workers as Ray actors; one that dies is replaced
joining     a Ray of this machine's own, or one that runs already
scoring     all of it as what an audit asks

    with on_ray(spec, Place(address, workers), print) as scoring:
        for event in run_audit(store, audit_id, kit, model, scoring=scoring):
            print(event.now)

Nothing here decides anything: the driver keeps log, answers and verdict, and a worker gives the
answer that the local scorer gives. Whoever runs a worker can read the kit, its secret included.
"""

from auditcore.cluster.joining import Place
from auditcore.cluster.scoring import on_ray

__all__ = ["Place", "on_ray"]
