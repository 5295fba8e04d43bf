"""Calls into native code that a bad model can crash (ONNX Runtime 1.32 has died
on models of other converters) in a process of their own, so that a crash fails
one test and not the run."""

import concurrent.futures
import multiprocessing
from concurrent.futures.process import BrokenProcessPool

_CONTEXT = multiprocessing.get_context("spawn")


class Crashed(AssertionError):
    """The worker died; says of what it was asked."""


class Worker:
    """A process that is started when it is first needed, and again after a
    crash. One call at a time."""

    def __init__(self):
        self.pool = None

    def call(self, function, *args):
        """function(*args) in the worker; exceptions come back as they are."""
        if self.pool is None:
            self.pool = concurrent.futures.ProcessPoolExecutor(
                1, mp_context=_CONTEXT)
        try:
            return self.pool.submit(function, *args).result()
        except BrokenProcessPool:
            self.pool = None
            raise Crashed(
                f"{function.__name__} crashed on {args[0]}") from None

    def close(self):
        if self.pool is not None:
            self.pool.shutdown()
            self.pool = None


_worker = Worker()
call = _worker.call
