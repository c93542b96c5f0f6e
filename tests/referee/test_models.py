"""Our interpreter beside tflite-micro (every byte) and LiteRT's reference kernels (within a tolerance).

The models are the official ones and one that this build trained (WAKESMITH_MODEL), on the golden features and on
100 recordings of people.
"""
import os
import pathlib
import tempfile

from common import GOLDEN, check, finish, need_shared, real_clips, run, skip

try:
    import numpy
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    from tflite_micro import runtime
except ImportError as missing:
    skip(str(missing))

need_shared()


def chunks(rows, stride):
    return rows[: len(rows) // stride * stride].reshape(-1, 1, stride, 40)


def micro(data, rows, stride):
    interpreter = runtime.Interpreter.from_bytes(data, arena_size=131072)
    output = []
    for chunk in chunks(rows, stride):
        interpreter.set_input(chunk, 0)
        interpreter.invoke()
        output.append(int(interpreter.get_output(0).flat[0]))
    return output


def litert(data, rows, stride):
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    output = []
    for chunk in chunks(rows, stride):
        interpreter.set_tensor(source, chunk)
        interpreter.invoke()
        output.append(int(interpreter.get_tensor(target).flat[0]))
    return output


def stride_of(data):
    interpreter = Interpreter(model_content=data)
    return int(interpreter.get_input_details()[0]["shape"][1])


ours_trained = pathlib.Path(os.environ.get("WAKESMITH_MODEL", ""))
models = sorted(GOLDEN.glob("models/*.tflite")) + ([ours_trained] if ours_trained.is_file() else [])
golden = sorted(GOLDEN.glob("features/*.i8"))
with tempfile.TemporaryDirectory() as folder:
    tracks = []
    for path in golden:
        numpy.save(f"{folder}/{path.stem}.npy", numpy.fromfile(path, numpy.int8).reshape(-1, 40))
        tracks.append(f"{folder}/{path.stem}.npy")
    for i, path in enumerate(real_clips(100, seed=2)):
        run("features", path, "--int8", "-o", f"{folder}/clip{i}.npy")
        tracks.append(f"{folder}/clip{i}.npy")
    for model in models:
        data = model.read_bytes()
        stride = stride_of(data)
        own = model == ours_trained
        bytes_total = bytes_wrong = lite_wrong = lite_worst = 0
        for i, track in enumerate(tracks):
            rows = numpy.load(track)
            mine = [int(line) for line in run("infer", model, track).split()]
            theirs = micro(data, rows, stride)
            bytes_total += len(theirs)
            bytes_wrong += sum(a != b for a, b in zip(mine, theirs)) + abs(len(mine) - len(theirs))
            if i < len(golden):
                lite = litert(data, rows, stride)
                lite_wrong += sum(a != b for a, b in zip(mine, lite))
                lite_worst = max([lite_worst] + [abs(a - b) for a, b in zip(mine, lite)])
        name = "our_model" if own else model.stem
        check(f"{name}_equals_tflite_micro", bytes_wrong == 0 and bytes_total > 1000, f"{bytes_wrong} of {bytes_total} bytes differ")
        check(f"{name}_is_near_litert", lite_wrong <= 0.01 * bytes_total + 2 and lite_worst <= 8, f"{lite_wrong} differ, by up to {lite_worst}")
check("our_own_model_was_judged", ours_trained.is_file(), "WAKESMITH_MODEL names no file")
finish()
