"""The tool under test as the tests call it."""

import os
import subprocess

SANITIZER_EXIT = 99


class Opp:
    """Runs the tool. A crash, a sanitizer report and a hang fail the test
    whatever exit code was expected."""

    def __init__(self, binary):
        self.binary = binary

    def __call__(self, *args, expect=0, timeout=300, **kwargs):
        """expect: the exit code, or None for any."""
        environment = dict(kwargs.pop("env", os.environ))
        environment.setdefault("ASAN_OPTIONS", f"exitcode={SANITIZER_EXIT}")
        environment.setdefault(
            "UBSAN_OPTIONS",
            f"exitcode={SANITIZER_EXIT}:print_stacktrace=1:halt_on_error=1")
        command = [str(self.binary), *map(str, args)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=kwargs.pop("stdin", subprocess.DEVNULL), text=True,
            errors="surrogateescape", timeout=timeout, env=environment,
            **kwargs)
        told = f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        assert done.returncode >= 0, f"killed by {-done.returncode}: {told}"
        assert done.returncode != SANITIZER_EXIT, told
        if expect is not None:
            assert done.returncode == expect, (
                f"exit code {done.returncode}, expected {expect}: {told}")
        return done
