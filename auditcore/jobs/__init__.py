"""Long work outside the page: a queue on disk, and worker processes that outlive any page.

    queue, job, tables
              what waits, what runs, how far it is, how it ended
    lanes     one line for each device, with one worker process
    turns, line_up, manners
              whose job goes next, when a turn is over, and when one's own will come
    shelf     the kits a person keeps on this machine
    worker    the process that does the jobs of a lane
    waking    keeps a worker alive in each lane that has work
    orders    what a page asks for: to meet a model, an estimate, an audit
    keys      keys of hosted models, from a page to the worker's memory
    protect   the job that marks photos and seals their kit
    check     the jobs that meet a model, say what an audit will take, and do it
    passive   questions about photos that are already online: asked, looked up, deleted
    passive_folder, passive_work
              one folder a question, and how it is answered without letting out whom it is about
    passive_pictures, passive_faces, passive_kinds
              the jobs of EncoderMI and of IDIA
    passive_samples
              pictures, drawn people and attacks that are shipped to try them with
    lab       the jobs of the Lab: train and audit an experiment's twins, make a model forget
    opened, held, memory
              the models that a worker holds open, few and within bounds of memory
    meeting   what a model gives, and how a kit asks it
    catalogue the models there are, written down for the pages
    preview   what a person sees before photos are protected

`python -m auditcore.jobs LANE` is a worker. Pages submit jobs, wake it and read progress.
"""
