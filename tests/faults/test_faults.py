"""Every write and every allocation of train, evaluate, inspect and features fails once in turn (faults.c).

After each: one sentence and exit 1, nothing half under a final name, no leak, and the same command then makes the same bytes.
What fails and changes nothing (the sync of a folder, a line of the log) may pass. The suite tries a sample, drawn by a seed, with
every kind of failure in it; `--all` tries every place, in `--part K/N` pieces if wanted.
"""
import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

from common import PROGRAM, check, finish, skip

parser = argparse.ArgumentParser()
parser.add_argument("--all", action="store_true")
parser.add_argument("--part", default="1/1")
parser.add_argument("--only", default="", help="commands whose names contain this")
parser.add_argument("--seconds", type=float, default=60, help="of a sample")
asked = parser.parse_args()
PRELOAD = os.environ["WAKESMITH_FAULTS_LIBRARY"]
if "libasan" in subprocess.run(["ldd", PROGRAM], capture_output=True, text=True).stdout:
    skip("AddressSanitizer allocates by itself")

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-faults-"))
ID = "hey_jarvis"


def program(arguments, faults=None):
    extra = {"LD_PRELOAD": PRELOAD, "WAKESMITH_FAULTS": faults} if faults else {}
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=300,
                          stdin=subprocess.DEVNULL, env={**os.environ, **extra})


def must(*arguments):
    result = program(arguments)
    if result.returncode:
        sys.exit(f"{arguments}: {result.stderr}")
    return result.stdout


# ---- what is run: a folder to begin with, a command that works in it, what it makes ----

class Case:
    def __init__(self, name, arguments, begin=None, made=None):
        self.name, self.arguments, self.begin, self.made = name, arguments, begin, made or (lambda folder: [])
        self.folder = root / "run"
        self.places, self.expected = [], None

    def fresh(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.begin:
            shutil.copytree(self.begin, self.folder)
        else:
            self.folder.mkdir()

    def run(self, faults=None):
        return program(self.arguments(self.folder), faults)

    def result(self, run):  # what must be equal, whatever went wrong before
        return self.made(self.folder) or run.stdout

    def learn(self):
        self.fresh()
        places = root / f"{self.name}.places"
        run = self.run(f"list:{places}")
        self.expected = self.result(run)
        check(f"{self.name}_leaks_nothing", run.returncode == 0 and "leak" not in places.read_text(), run.stderr[-300:])
        rows = [line.split() for line in places.read_text().splitlines() if not line.startswith("leak")]
        rows.sort(key=lambda row: int(row[3]))
        self.places = [(row[0], row[1], int(row[2])) for row in rows]


def pair(folder):
    return [path.read_bytes() for name in (f"{ID}.tflite", f"{ID}.json") for path in sorted(folder.glob(f"output/*/{name}"))[-1:]]


def halves(folder):
    return [path for path in folder.glob("output/*/") if not (path / f"{ID}.json").is_file()] + \
        [path for path in folder.glob("out*") if path.name != "output" and path.name not in ("out.npy", "out")]


def prepare():
    must("say", "hey jarvis", "--samples=6", f"--output={root / 'takes'}")
    (root / "talk").mkdir()
    for path in sorted((root / "takes").glob("*.wav"))[:2]:
        shutil.move(path, root / "talk")
    train = lambda folder: ["train", "hey jarvis", "--preset=draft", "--samples=50", "--training-steps=20", "--seeds=1", "--threads=2",
                            f"--negatives={root / 'talk'}", f"--positives-real={root / 'takes'}", f"--data-dir={folder}"]
    done = root / "done"
    must(*train(done))
    model = next(done.glob("output/*/*.tflite"))
    takes = sorted((root / "takes").glob("*.wav"))
    cases = [
        Case("inspect", lambda folder: ["inspect", model]),
        Case("inspect_json", lambda folder: ["inspect", "--json", model]),
        Case("features_npy", lambda folder: ["features", takes[0], "-o", folder / "out.npy"],
             made=lambda folder: [path.read_bytes() for path in folder.glob("out.npy")]),
        Case("features_folder", lambda folder: ["features", *takes, "-o", folder / "out"],
             made=lambda folder: [path.read_bytes() for path in sorted(folder.glob("out/**/*")) if path.is_file()]),
        Case("evaluate", lambda folder: ["evaluate", model, "--positives", root / "takes", "--negatives", root / "talk", "--json"]),
    ]
    # A training from each stage on: what fails in a stage is tried where the stages before it are done.
    begin = done
    for name, leaves in (("train_export", "output"), ("train_seeds", "trained_models"), ("train_features", "wake_word_samples_augmented"),
                         ("train_speech", "wake_word_samples"), ("train", "work")):
        state = root / f"before-{name}"
        shutil.copytree(begin, state)
        for path in [state / leaves, state / "work" / ID / leaves]:
            shutil.rmtree(path, ignore_errors=True)
        cases.append(Case(name, train, state, pair))
        begin = state
    return cases


# ---- one failure ----

def places_of(told):  # the program's functions on the stack, innermost first
    addresses = re.findall(r"^%s\(\+(0x[0-9a-f]+)\)" % re.escape(PROGRAM), told, re.M)
    named = subprocess.run(["addr2line", "-fse", PROGRAM, *addresses], capture_output=True, text=True).stdout.split("\n") \
        if addresses and shutil.which("addr2line") else []
    return [f"{name} {line}" for name, line in zip(named[::2], named[1::2])][:7]


def one_sentence(case, run):
    if case.name == "evaluate":  # its --json tells events, the reason last
        last = run.stderr.splitlines()[-1] if run.stderr else ""  # an event whose own write failed is cut
        return run.stderr.count('{"event":"ended"') == 1 and last.startswith('{"event":"ended"') and len(json.loads(last)["reason"]) > 10
    said = [line for line in run.stderr.splitlines() if line.startswith("wakesmith ")]
    return len(said) == 1 and said[0].startswith(f"wakesmith {case.arguments(case.folder)[0]}: ") and len(said[0]) > 30 and \
        run.stderr.splitlines()[-1] == said[0]


def fail(case, place, kind, call, goes_on):
    fired = root / "fired"
    fired.unlink(missing_ok=True)
    case.fresh()
    try:
        run = case.run(f"fail:{place}:{call}:{fired}")
    except subprocess.TimeoutExpired:
        return ["hangs"]
    wrong = []
    told = fired.read_text() if fired.exists() else ""
    if "fired" not in told:
        return None  # another order of threads: the place was not reached so often
    if run.returncode < 0 or run.returncode > 125:
        wrong.append(f"ends by {run.returncode}")
    elif run.returncode and not one_sentence(case, run):
        wrong.append("says " + run.stderr[-300:])
    elif not run.returncode and case.result(run) != case.expected:
        wrong.append("passes, with another result")
    if "leak" in told:
        wrong += re.findall("leak.*", told)
    if halves(case.folder):
        wrong.append(f"leaves {halves(case.folder)}")
    if goes_on and not wrong:
        again = case.run()
        if again.returncode or case.result(again) != case.expected:
            wrong.append(f"the next run: {again.returncode} {again.stderr[-300:]}")
    outcomes["failed" if run.returncode else "passed"] += 1
    if wrong:
        wrong.append(places_of(told))
    return wrong


def turns(cases):
    """(case, place, kind, call), each place in the case that reaches it with the most done before."""
    seen = set()
    for case in cases:
        for place, kind, calls in case.places:
            group = "train" if case.name.startswith("train") else case.name
            if (group, place) in seen:
                continue
            seen.add((group, place))
            yield case, place, kind, 1
            if calls > 1:
                yield case, place, kind, calls  # the last call, too


cases = [case for case in prepare() if asked.only in case.name]
for case in cases:
    case.learn()
every = list(turns(cases))
part, parts = map(int, asked.part.split("/"))
if asked.all:
    chosen = every[part - 1::parts]
else:  # half of the turns are writes, which are few
    draw = random.Random(11)
    writes = [turn for turn in every if turn[2] != "memory"]
    memory = [turn for turn in every if turn[2] == "memory"]
    draw.shuffle(writes)
    draw.shuffle(memory)
    chosen = [turn for both in zip(memory, writes + memory) for turn in both]
outcomes = {"failed": 0, "passed": 0}
wrong, tried, began = {}, 0, os.times()
for case, place, kind, call in chosen:
    used = os.times()
    if not asked.all and used.children_user + used.children_system - began.children_user - began.children_system > asked.seconds:
        break
    found = fail(case, place, kind, call, goes_on=kind != "memory" or not case.name.startswith("train") or tried % 10 == 0)
    tried += 1
    if found:
        wrong[f"{case.name} {kind} {place}:{call}"] = found
        print(case.name, kind, place, call, found, flush=True)
print(f"{tried} of {len(every)} failures tried: {outcomes['failed']} ended the command, {outcomes['passed']} changed nothing")
check("every_failure_is_one_sentence_and_can_be_gone_on_from", not wrong and tried >= min(len(every), 15), wrong)
shutil.rmtree(root, ignore_errors=True)
finish()
