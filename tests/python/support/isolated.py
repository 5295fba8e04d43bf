"""Calls into native code that a bad model can crash (ONNX Runtime 1.32 has died
on models of other converters) in a process of their own, so that a crash fails
one test and not the run."""

import concurrent.futures
import multiprocessing
import os
from concurrent.futures.process import BrokenProcessPool

_CONTEXT = multiprocessing.get_context("spawn")


class Crashed(AssertionError):
    """The worker died; says of what it was asked."""


def _new_pool():
    return concurrent.futures.ProcessPoolExecutor(1, mp_context=_CONTEXT)


class Worker:
    """A process that is started when it is first needed, and again after a
    crash. One call at a time."""

    def __init__(self):
        self.pool = None

    def call(self, function, *args):
        """function(*args) in the worker; exceptions come back as they are."""
        if self.pool is None:
            self.pool = _new_pool()
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


def call_all(function, arguments):
    """function(*args) for each args, in as many workers as there are cores.
    Gives pairs (args, result) in the order in which they end; the result of
    one that crashed is a Crashed, that of one that raised its exception."""
    todo = list(reversed(arguments))
    running = {}
    idle = [_new_pool() for _ in range(min(os.cpu_count(), len(todo)))]
    while todo or running:
        while todo and idle:
            worker, args = idle.pop(), todo.pop()
            running[worker.submit(function, *args)] = worker, args
        done, _ = concurrent.futures.wait(
            running, return_when=concurrent.futures.FIRST_COMPLETED)
        for future in done:
            worker, args = running.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                worker.shutdown()
                worker = _new_pool()
                error = Crashed(f"{function.__name__} crashed on {args[0]}")
            idle.append(worker)
            yield args, error if error is not None else future.result()
    for worker in idle:
        worker.shutdown()
