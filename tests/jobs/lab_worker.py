"""A worker with the Lab's jobs alone, for the tests to kill; it starts faster than the whole."""

from auditcore.jobs import lab
from auditcore.jobs.worker import work

if __name__ == "__main__":
    work(lab.kinds)
