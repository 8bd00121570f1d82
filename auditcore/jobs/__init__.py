"""Long work outside the page: a queue on disk, and one worker process that outlives any page.

    queue     what waits, what runs, how far it is, how it ended
    shelf     the kits a person keeps on this machine
    worker    the process that does the jobs; `Waker` keeps one alive
    protect   the job that marks photos and seals their kit
    check     the job that audits a model

`python -m auditcore.jobs` is the worker. Pages submit jobs, wake it and read progress.
"""
