"""Calls into code that may crash or take too long, in a process of their own
that serves many of them, one at a time."""

import multiprocessing

_CONTEXT = multiprocessing.get_context("spawn")

OUT_OF_TIME = "time"
CRASH = "crash"


def serve(pipe):
    while True:
        try:
            function, args = pipe.recv()
        except EOFError:
            return
        try:
            answer = function(*args), None
        except Exception as error:  # runtimes raise many unrelated types
            answer = None, " ".join(f"{type(error).__name__}: {error}".split())
        pipe.send(answer)


class Worker:
    """A process that is started when it is first needed, and again after a
    crash or a call that took too long."""

    def __init__(self):
        self.process = None

    def call(self, seconds, function, *args):
        """(result, None), or (None, why there is none)."""
        if self.process is None:
            self.pipe, theirs = _CONTEXT.Pipe()
            self.process = _CONTEXT.Process(target=serve, args=(theirs,),
                                            daemon=True)
            self.process.start()
            theirs.close()
        fault = OUT_OF_TIME
        self.pipe.send((function, args))
        if self.pipe.poll(seconds):
            try:
                return self.pipe.recv()
            except EOFError:
                fault = CRASH
        self.close()
        return None, fault

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.process = None


_worker = Worker()
call = _worker.call
