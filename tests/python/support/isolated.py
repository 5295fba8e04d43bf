"""Calls into native code that a bad model can crash (ONNX Runtime 1.32 has died
on models of other converters) in a process of their own, so that a crash fails
one test and not the run."""

import concurrent.futures
import multiprocessing
from concurrent.futures.process import BrokenProcessPool

_CONTEXT = multiprocessing.get_context("spawn")
_workers = []


class Crashed(AssertionError):
    """The worker died; says of what it was asked."""


def call(function, *args):
    """function(*args) in the worker; exceptions come back as they are."""
    if not _workers:
        _workers.append(concurrent.futures.ProcessPoolExecutor(
            1, mp_context=_CONTEXT))
    try:
        return _workers[0].submit(function, *args).result()
    except BrokenProcessPool:
        _workers.clear()
        raise Crashed(f"{function.__name__} crashed on {args[0]}") from None
