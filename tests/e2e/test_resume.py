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
SMALL = ["train", "hey jarvis", "--preset=draft", "--samples=60", "--training-steps=100", "--seeds=2"]


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

random.seed(5)
for number, how in ((1, signal.SIGKILL), (2, signal.SIGINT), (3, signal.SIGKILL)):
    data = f"killed{number}"
    for _ in range(6):
        process = start(data)
        time.sleep(random.uniform(0.05, seconds * 0.4))
        process.send_signal(how)
        process.wait()
        process.communicate()
        partial = [path for path in (root / data).glob("output/*/") if not (path / "hey_jarvis.json").is_file()]
        check(f"no_half_output_{number}", not partial, str(partial))
    code, out, err = whole(data)
    check(f"goes_on_after_signal_{number}", code == 0 and model_hash(data) == expected, err)

process = start("busy")
time.sleep(min(1.0, seconds * 0.3))
code, out, err = whole("busy")
check("one_run_at_a_time", code == 1 and "already running" in err, err)
process.send_signal(signal.SIGINT)
process.communicate()
check("ctrl_c_says_that_it_can_go_on", process.returncode in (0, 2))

began = time.time()
code, out, err = whole("one", "--threads=2")
check("a_second_run_finds_everything_fresh", code == 0 and time.time() - began < max(5.0, seconds / 2) and model_hash("one") == expected)
shutil.rmtree(root, ignore_errors=True)
finish()
