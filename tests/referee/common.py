"""What the referee tests share: the program, test data, and the form of their results.

Results are printed like cmocka's, so that tests/summary.py counts them; a missing referee or missing data skips.
"""
import os
import pathlib
import random
import subprocess
import sys
import wave

SHARED = pathlib.Path(os.environ["WAKESMITH_SHARED"])
PROGRAM = os.environ["WAKESMITH_PROGRAM"]
GOLDEN = SHARED / "data" / "golden"
failures = []


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def need_shared():
    if not GOLDEN.is_dir():
        skip("no ../shared")


def check(name, good, detail=""):
    print(f"[       OK ] {name}" if good else f"[  FAILED  ] {name}", flush=True)
    if not good:
        print(f"    {detail}", flush=True)
        failures.append(name)


def finish():
    sys.exit(1 if failures else 0)


def run(*arguments, ok=True):
    """Runs the program; its standard output as text."""
    result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if ok and result.returncode != 0:
        raise RuntimeError(f"wakesmith {' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout if ok else result


def read_wav(path):
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())


def real_clips(count, seed=1):
    """A reproducible choice of recordings of people."""
    files = sorted((SHARED / "data" / "positives").rglob("*.flac"))
    return random.Random(seed).sample(files, min(count, len(files)))
