#!/usr/bin/env python3
"""Our speed beside the field's own programs, measured in the same run: ./run bench [frontend|infer|train|voices].

Every figure is CPU time of one thread, best of many repetitions. Peers are from PyPI; one that is not installed is left out and
named (PyTorch is not among the referees that ./run installs, because it is large: pip install torch into build/venv adds it).
One JSON object a line, then a table of ratios.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / "wakesmith"
GOLDEN = ROOT.parent / "shared" / "data" / "golden"
results = []


def add(**row):
    results.append(row)
    print(json.dumps(row), flush=True)


def ours(*arguments):
    for line in subprocess.run([PROGRAM, "bench", "--json", *arguments], capture_output=True, text=True, check=True).stdout.splitlines():
        add(peer="wakesmith", **json.loads(line))


def best(function, seconds=3.0):
    """CPU seconds of one call, best and median of many."""
    times, end = [], time.monotonic() + seconds
    function()
    while time.monotonic() < end or len(times) < 5:
        began = time.process_time()
        function()
        times.append(time.process_time() - began)
    times.sort()
    return times[0], times[len(times) // 2]


def frontend():
    ours("frontend")
    try:
        import numpy
        from pymicro_features import MicroFrontend
    except ImportError as missing:
        return print(f"# left out: {missing}")
    seconds = 10
    pcm = (numpy.random.default_rng(1).normal(0, 2000, seconds * 16000)).astype(numpy.int16).tobytes()
    chunks = [pcm[at:at + 320] for at in range(0, len(pcm), 320)]

    def run():
        process = MicroFrontend().process_samples
        for chunk in chunks:
            process(chunk)

    fastest, median = best(run)
    add(what="frontend", peer="pymicro-features", value=seconds / fastest, median=seconds / median, unit="x real time",
        note="called from Python every 10 ms")


def infer():
    for name in ("alexa", "okay_nabu", "computer"):
        model = GOLDEN / "models" / f"{name}.tflite"
        if not model.is_file():
            return print("# infer is left out: no ../shared")
        ours("infer", "--model", str(model))
        import numpy
        data = model.read_bytes()
        try:
            from ai_edge_litert.interpreter import Interpreter
            lite = Interpreter(model_content=data, num_threads=1)
            lite.allocate_tensors()
            source = lite.get_input_details()[0]
            lite.set_tensor(source["index"], numpy.zeros(source["shape"], numpy.int8))
            inner = lite._interpreter  # the C++ call itself: Interpreter.invoke adds Python's bookkeeping

            def run_lite():
                for _ in range(1000):
                    inner.Invoke()

            fastest, median = best(run_lite)
            add(what="infer", peer="litert-xnnpack", model=model.name, value=fastest * 1e3, median=median * 1e3, unit="us per inference")
        except ImportError as missing:
            print(f"# left out: {missing}")
        try:
            from tflite_micro import runtime
            micro = runtime.Interpreter.from_bytes(data, arena_size=131072)
            stride = 2 if name == "computer" else 3
            micro.set_input(numpy.zeros((1, stride, 40), numpy.int8), 0)

            def run_micro():
                for _ in range(100):
                    micro.invoke()

            fastest, median = best(run_micro)
            add(what="infer", peer="tflite-micro", model=model.name, value=fastest * 1e4, median=median * 1e4, unit="us per inference")
        except ImportError as missing:
            print(f"# left out: {missing}")


def train():
    ours("train")
    script = ROOT / "tests" / "referee" / "bench_torch.py"
    result = subprocess.run([sys.executable, script], capture_output=True, text=True)
    if result.returncode != 0:
        return print(f"# PyTorch is left out: {result.stderr.strip().splitlines()[-1:]}")
    for line in result.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            add(**row, value=row["steps_per_s"], unit="steps/s")


def table():
    print("\nwhat      case                         ours        peer                          ratio")
    for mine in (row for row in results if row["peer"] == "wakesmith"):
        same = [row for row in results if row["peer"] != "wakesmith" and row["what"] == mine["what"]
                and all(row.get(key) == mine.get(key) for key in ("preset", "batch", "model"))]
        case = " ".join(str(mine[key]) for key in ("preset", "batch", "model") if key in mine)
        for row in same:
            ratio = row["value"] / mine["value"] if "us" in mine["unit"] else mine["value"] / row["value"]
            print(f"{mine['what']:9} {case:28} {mine['value']:<11.2f} {row['peer']:<20} {row['value']:<9.2f} {ratio:.2f}")


for what in sys.argv[1:] or ["frontend", "infer", "train"]:
    {"frontend": frontend, "infer": infer, "train": train}.get(what, lambda: ours(what))()
table()
