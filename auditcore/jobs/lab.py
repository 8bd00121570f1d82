"""The jobs of the Lab: train an experiment's twins and audit them, make a model forget."""

from collections.abc import Mapping, Sequence

from auditcore.database import LOCAL_OWNER
from auditcore.errors import Cancelled, JobError
from auditcore.jobs.manners import FORGET, TRAIN
from auditcore.jobs.queue import Job, JobState, Queue, Wish, new_job_id
from auditcore.jobs.worker import Desk, Kind
from auditcore.lab.experiments import Experiment, OwnPhoto, Setup, create, experiment_folder
from auditcore.lab.experiments.reporting import AUDITING, far_of
from auditcore.lab.experiments.running import OnStage, check_methods, forget, train
from auditcore.lab.experiments.stages import STEPS, Stage
from auditcore.lab.unlearning.methods import METHODS

_RETRAIN = "retrain"
_GONE = "This experiment is not here any more. Start a new one."


def submit_train(
    queue: Queue, setup: Setup, photos: Sequence[OwnPhoto] = (), *, owner: str = LOCAL_OWNER
) -> str:
    """Keep an experiment's choices and photos, and queue its training and audits.

    Args:
        queue: where to put it.
        setup: what was chosen.
        photos: a person's own, for a setup that takes them.
        owner: whose it is.

    Returns:
        The job's id, which is the experiment's.

    Raises:
        LabError: the photos do not go with the setup, or the disk is full.
    """
    job_id = new_job_id()
    experiment = create(experiment_folder(job_id), setup, photos)
    try:
        return queue.submit(TRAIN, {}, title="Train in the Lab", owner=owner, job_id=job_id)
    except Exception:
        experiment.delete()  # without a job nobody could delete it
        raise


def submit_forget(
    queue: Queue, experiment_id: str, methods: Sequence[str], *, owner: str = LOCAL_OWNER
) -> str:
    """Queue the forgetting of an experiment's photos by some methods, and return the job's id.

    Raises:
        JobError: there is no such experiment of this owner.
        LabError: there is no such method, or the experiment is not finished.
    """
    experiment = experiment_of(queue, experiment_id, owner)
    check_methods(experiment, methods)
    params = {"experiment": experiment_id, "methods": list(dict.fromkeys(methods))}
    titles = ", ".join(METHODS[method].title for method in params["methods"])
    return queue.submit(FORGET, params, title=f"Forget: {titles}", owner=owner)


def experiments(queue: Queue, owner: str = LOCAL_OWNER) -> list[Job]:
    """Return the jobs of an owner's experiments, the newest first.

    What was cancelled before it began is deleted here; what was cancelled later is already.
    """
    jobs = queue.list(owner, TRAIN)
    for job in jobs:
        if job.state is JobState.CANCELLED:
            Experiment(experiment_folder(job.id)).delete()
    return [job for job in jobs if Experiment(experiment_folder(job.id)).exists]


def experiment_of(queue: Queue, experiment_id: str, owner: str = LOCAL_OWNER) -> Experiment:
    """Return an experiment of this owner.

    Raises:
        JobError: it is unknown, someone else's, or deleted.
    """
    job = queue.status(experiment_id, owner)
    experiment = Experiment(experiment_folder(job.id))
    if job.kind != TRAIN or not experiment.exists:
        raise JobError(_GONE)
    return experiment


def latest(queue: Queue, owner: str = LOCAL_OWNER) -> Experiment | None:
    """Return the newest finished experiment of this owner, None if there is none."""
    found = (Experiment(experiment_folder(job.id)) for job in experiments(queue, owner))
    return next((experiment for experiment in found if experiment.finished), None)


def forgetting_job(queue: Queue, experiment_id: str, owner: str = LOCAL_OWNER) -> Job | None:
    """Return the newest job that makes this experiment's model forget, None if there is none."""
    return next(iter(_forget_jobs(queue, experiment_id, owner)), None)


def cancel(queue: Queue, experiment_id: str, owner: str = LOCAL_OWNER) -> None:
    """Cancel a training; its folder goes at once when it does not run, else as soon as it stops.

    Raises:
        JobError: it is unknown or someone else's.
    """
    queue.cancel(experiment_id, owner)
    job = queue.status(experiment_id, owner)
    if job.kind == TRAIN and job.state is JobState.CANCELLED:
        Experiment(experiment_folder(job.id)).delete()


def delete(queue: Queue, experiment_id: str, owner: str = LOCAL_OWNER) -> None:
    """Delete an experiment with everything in it and its jobs, whether they run or not.

    Raises:
        JobError: it is unknown or someone else's.
    """
    job = queue.status(experiment_id, owner)
    Experiment(experiment_folder(job.id)).delete()
    for forgetting in _forget_jobs(queue, experiment_id, owner):
        queue.forget(forgetting.id, owner)
    queue.forget(job.id, owner)


def kinds() -> Mapping[str, Kind]:
    """Return what the worker does for each kind of job."""
    return {TRAIN: run_train, FORGET: run_forget}


def run_train(desk: Desk) -> None:
    """Train and audit, or go on with it; a cancelled experiment is deleted.

    It steps aside for others once its kit is sealed: a seal that is cut off begins anew.
    """
    experiment = Experiment(experiment_folder(desk.job.id))
    try:
        train(
            experiment,
            should_stop=lambda: desk.stopping(may_step_aside=bool(experiment.pictures)),
            on_stage=_reporting(desk),
        )
    except Cancelled:
        if desk.wish is Wish.CANCEL:
            experiment.delete()
        raise


def run_forget(desk: Desk) -> None:
    """Make an experiment's model forget; what a method has left is kept when the next stops.

    It steps aside for others where that loses nothing, see `_loses_nothing`.
    """
    experiment = Experiment(experiment_folder(str(desk.job.params["experiment"])))
    if not experiment.exists:
        raise JobError(_GONE)
    methods = [str(method) for method in desk.job.params["methods"]]
    forget(
        experiment,
        methods,
        should_stop=lambda: desk.stopping(may_step_aside=_loses_nothing(experiment, methods)),
        on_stage=_reporting(desk),
    )


def _loses_nothing(experiment: Experiment, methods: Sequence[str]) -> bool:
    """Say whether all that is being done now can be gone on with: a short cut begins anew."""
    short_cuts = (method for method in methods if method != _RETRAIN)
    seen = [far_of(experiment.part(method)) for method in short_cuts]
    return all(far is None or far.ended or far.stage == AUDITING for far in seen)


def _reporting(desk: Desk) -> OnStage:
    def report(stage: Stage) -> None:
        desk.report(stage.done, STEPS, stage.now, stage.seconds_left)

    return report


def _forget_jobs(queue: Queue, experiment_id: str, owner: str) -> list[Job]:
    jobs = queue.list(owner, FORGET)
    return [job for job in jobs if job.params["experiment"] == experiment_id]
