"""Long work outside the page: a queue on disk, and one worker process that outlives any page.

    queue     what waits, what runs, how far it is, how it ended
    shelf     the kits a person keeps on this machine
    worker    the process that does the jobs; `Waker` keeps one alive
    orders    what a page asks for: an audit, an estimate
    protect   the job that marks photos and seals their kit
    check     the jobs that audit a model, or say what that will take
    catalogue the models there are, written down for the pages
    preview   what a person sees before photos are protected

`python -m auditcore.jobs` is the worker. Pages submit jobs, wake it and read progress.
"""
