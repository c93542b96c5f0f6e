"""Same seed, same bytes: on any number of threads, and after being stopped or killed anywhere."""
import hashlib
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

from common import PROGRAM, check, finish

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-resume-"))
SMALL = ["train", "hey jarvis", "--preset=draft", "--samples=50", "--training-steps=60", "--seeds=2"]


def start(data, *more):
    return subprocess.Popen([PROGRAM, *SMALL, f"--data-dir={root / data}", *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def whole(data, *more):
    process = start(data, *more)
    out, err = process.communicate()
    return process.returncode, out, err


def model_hash(data):
    models = sorted((root / data).glob("output/*/hey_jarvis.tflite"))
    return hashlib.sha256(models[-1].read_bytes()).hexdigest() if models else None


began = time.time()
code, out, err = whole("one", "--threads=1")
seconds = time.time() - began
check("a_small_training_ends_well", code == 0, err)
expected = model_hash("one")
whole("three", "--threads=3")
check("three_threads_give_the_same_bytes", model_hash("three") == expected)
whole("other", "--seed=2")
check("another_seed_gives_other_bytes", model_hash("other") not in (None, expected))

def made(data):  # when clips, features and checkpoints were made
    return {path.name: path.stat().st_mtime_ns for path in (root / data / "work/hey_jarvis").glob("*/*")}


before = made("other")
whole("other", "--seed=2")
check("what_is_fresh_stays", made("other") == before, before)
code, out, err = whole("other", "--seed=2", "--restart")
after = made("other")
check("restart_makes_all_again", code == 0 and after.keys() == before.keys() and all(after[name] > before[name] for name in before)
      and len(before) > 10, (before, after))

def artefacts(data):  # the bytes of the pair
    folder = sorted((root / data).glob("output/*/"))[-1]
    return [(folder / name).read_bytes() for name in ("hey_jarvis.tflite", "hey_jarvis.json")]


def halves(data):  # what stands under a final name and is not whole; what an earlier process left behind
    half = [path for path in (root / data).glob("output/*/") if not (path / "hey_jarvis.json").is_file()]
    return half + [path for path in (root / data).glob("work/**/*.tmp*")]


# Every run goes on where the one before was stopped; when one comes to its end, the next begins in a new folder. The
# moments are spread over a whole run, so that every stage has its turn.
def stopped_again_and_again(how, times, moments):
    name, number, stops, wrong, half = how.name.lower(), 0, 0, [], []
    while stops < times:
        data = f"{name}-{number}"
        process = start(data)
        try:
            process.communicate(timeout=moments.uniform(0.02, seconds * 0.35))
            stopped = False
        except subprocess.TimeoutExpired:
            process.send_signal(how)
            _, err = process.communicate()
            stopped = process.returncode != 0
            if stopped and process.returncode not in ((-how,) if how == signal.SIGKILL else (2, 130)):
                wrong.append((process.returncode, err))
        stops += stopped
        half += [path for path in halves(data) if ".tmp" not in path.name]
        if not stopped:
            wrong += [] if artefacts(data) == whole_pair else [data]
            number += 1
    code, out, err = whole(f"{name}-{number}")
    check(f"goes_on_after_{times}_times_{name}", code == 0 and artefacts(f"{name}-{number}") == whole_pair and not wrong, (err, wrong))
    half += halves(f"{name}-{number}")
    check(f"nothing_half_after_{name}", not half, half)


whole_pair = artefacts("one")
for how, times in ((signal.SIGKILL, 20), (signal.SIGINT, 3), (signal.SIGTERM, 3)):
    stopped_again_and_again(how, times, random.Random(5))

process = start("busy")
time.sleep(min(1.0, seconds * 0.3))
code, out, err = whole("busy")
check("one_run_at_a_time", code == 1 and "already running" in err and f"process {process.pid}" in err, err)
process.send_signal(signal.SIGINT)
process.communicate()
check("ctrl_c_says_that_it_can_go_on", process.returncode in (0, 2))

began = time.time()
code, out, err = whole("one", "--threads=2")
check("a_second_run_finds_everything_fresh", code == 0 and time.time() - began < max(5.0, seconds / 2) and model_hash("one") == expected)
shutil.rmtree(root, ignore_errors=True)
finish()
