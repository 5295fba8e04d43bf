"""Calls into native code that a bad model can crash (ONNX Runtime 1.32 has died
on models of other converters) in a process of their own, so that a crash fails
one test and not the run."""

import concurrent.futures
import multiprocessing
import os
from concurrent.futures.process import BrokenProcessPool

_CONTEXT = multiprocessing.get_context("spawn")
_workers = []


class Crashed(AssertionError):
    """The worker died; says of what it was asked."""


def new_worker():
    return concurrent.futures.ProcessPoolExecutor(1, mp_context=_CONTEXT)


def call(function, *args):
    """function(*args) in the worker; exceptions come back as they are."""
    if not _workers:
        _workers.append(new_worker())
    try:
        return _workers[0].submit(function, *args).result()
    except BrokenProcessPool:
        _workers.clear()
        raise Crashed(f"{function.__name__} crashed on {args[0]}") from None


def call_all(function, arguments):
    """function(*args) for each args, in as many workers as there are cores.
    Gives pairs (args, result) in the order in which they end; the result of
    one that crashed is a Crashed, that of one that raised its exception."""
    todo = list(reversed(arguments))
    running = {}
    idle = [new_worker() for _ in range(min(os.cpu_count(), len(todo)))]
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
                worker = new_worker()
                error = Crashed(f"{function.__name__} crashed on {args[0]}")
            idle.append(worker)
            yield args, error if error is not None else future.result()
    for worker in idle:
        worker.shutdown()
