"""`wakesmith fit` as the framework's users know it: feature folders written by mmap_ninja, parameters written by PyYAML,
the flags of the reference's trainer. The figures of validation are computed once more by numpy from the scores."""
import pathlib
import shutil
import signal
import subprocess
import tempfile

from common import PROGRAM, check, finish, skip

try:
    import numpy
    import yaml
    from ai_edge_litert.interpreter import Interpreter
    from mmap_ninja.ragged import RaggedMmap
    from tflite_micro import runtime
except ImportError as missing:
    skip(str(missing))

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-fit-"))
rng = numpy.random.default_rng(3)


def noise(rows):
    return rng.integers(0, 250, (rows, 40)).astype(numpy.uint16)


def word(rows):
    x = noise(rows)
    x[-25:-13, 5:15] += 300
    x[-13:-2, 22:32] += 300
    return x


def near(rows):
    """What has a part of the word now and then, so that false accepts happen."""
    x = noise(rows)
    for at in range(30, rows - 30, 45):
        first, second = rng.random(2) < 0.5
        x[at:at + 12, 5:15] += numpy.uint16(300 * first)
        x[at + 12:at + 23, 22:32] += numpy.uint16(rng.integers(0, 300) * second)
    return x


def put(path, samples, floats=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = [(s * numpy.float32(0.0390625)).astype(numpy.float32) if floats else s for s in samples]
    RaggedMmap.from_generator(out_dir=path, sample_generator=iter(samples), batch_size=16)


put(root / "words/training/wakeword_mmap", [word(rng.integers(60, 120)) for _ in range(80)], floats=True)
put(root / "words/validation/wakeword_mmap", [word(rng.integers(40, 120)) for _ in range(60)], floats=True)
put(root / "words/testing/wakeword_mmap", [word(200) for _ in range(20)])
put(root / "speech/training/a_mmap", [near(rng.integers(30, 400)) for _ in range(60)])
put(root / "speech/training/deep/b_mmap", [near(300) for _ in range(20)], floats=True)
put(root / "eval/validation_ambient/x_mmap", [near(n) for n in (40, 20000, 60000)])
put(root / "eval/testing_ambient/x_mmap", [near(40000)])


def features(name, truth, sampling, truncation):
    return {"features_dir": str(root / name), "sampling_weight": sampling, "penalty_weight": 1.0, "truth": truth,
            "truncation_strategy": truncation, "type": "mmap"}


config = {"window_step_ms": 10, "train_dir": str(root / "out"), "batch_size": 16, "training_steps": [120, 60], "learning_rates": [0.001],
          "positive_class_weight": [1], "negative_class_weight": [20], "time_mask_max_size": [0], "time_mask_count": [0],
          "freq_mask_max_size": [0], "freq_mask_count": [0], "eval_step_interval": 50, "clip_duration_ms": 300,
          "target_minimization": 0.9, "minimization_metric": None, "maximization_metric": "average_viable_recall",
          "features": [features("words", True, 2.0, "truncate_start"), features("speech", False, 12.0, "random"),
                       features("eval", False, 0.0, "split")]}
parameters = root / "training_parameters.yaml"
FLAGS = ["--train=1", "--restore_checkpoint=1", "--test_tf_nonstreaming=0", "--test_tflite_nonstreaming=0",
         "--test_tflite_nonstreaming_quantized=0", "--test_tflite_streaming=0", "--test_tflite_streaming_quantized=1",
         "mixednet", "--pointwise_filters", "16,16", "--repeat_in_block", "1, 1", "--mixconv_kernel_sizes",
         "[5], [7,11]", "--residual_connection", "0,0", "--first_conv_filters", "16", "--first_conv_kernel_size", "5", "--stride", "2"]
WINDOW = (1 + (16 * 300 - 480) // (2 * 16 * 10)) + 4 + (4 + 10) * 2


def fit(settings, *more):
    parameters.write_text(yaml.dump(settings))
    return subprocess.run([PROGRAM, "fit", f"--training_config={parameters}", *FLAGS, *more], capture_output=True, text=True)


result = fit(config, "--scores", str(root / "scores"), "--use_weights", "best_weights")
print(result.stdout[:1500], result.stderr[-500:])
check("a_file_of_the_reference_trains", result.returncode == 0, result.stderr[-500:])
lines = result.stdout.splitlines()
steps = [int(line.split()[1]) for line in lines if line.startswith("Step ")]
check("it_validates_at_every_interval_and_at_the_end", steps == [50, 100, 150, 180], str(steps))
best = [float(line.split("average viable recall = ")[1]) for line in lines if line.startswith("Step ")]

# ---- the figures, from the scores ----
clips, ambient, metrics, hours = [], [], {}, 0
for line in (root / "scores").read_text().splitlines():
    kind, *rest = line.split()
    if kind == "clip":
        clips.append((int(rest[0]), float(rest[1])))
    elif kind == "ambient":
        ambient.append(float(rest[0]))
    elif kind == "metric":
        metrics[rest[0]] = float(rest[1])
    else:
        hours = float(rest[0])
truth, p = numpy.array([c[0] for c in clips], bool), numpy.array([c[1] for c in clips])
ambient = numpy.array(ambient)
length = WINDOW + WINDOW % 2
windows = sum(len(range(0, n - length, 20)) for n in (40, 20000, 60000))
check("every_window_is_scored", len(ambient) == windows and len(p) == 60 and truth.all(), f"{len(ambient)} of {windows}")
check("hours_are_those_of_the_tracks", abs(hours - 80040 / 360000) < 1e-9, str(hours))
cutoffs = numpy.arange(101) / 100
recall = numpy.array([(p[truth] > c).mean() for c in cutoffs])
faph = numpy.array([(ambient > c).sum() for c in cutoffs]) / hours
quiet = int(numpy.argmax(faph == 0))
if faph[0] > 2:
    v = next(i for i in range(1, 101) if faph[i] <= 2)
    r2 = (recall[v - 1] * (faph[v] - 2) + recall[v] * (2 - faph[v - 1])) / (faph[v] - faph[v - 1])
else:
    v, r2 = 0, recall[0]
xs, ys = [2.0], [r2]
for i in range(v, 101):
    if faph[i] != xs[-1]:
        xs.append(faph[i]), ys.append(recall[i])
trapezoid = getattr(numpy, "trapezoid", None) or numpy.trapz
labels, scores = numpy.concatenate([truth, numpy.zeros(len(ambient), bool)]), numpy.concatenate([p, ambient])
thresholds = numpy.concatenate([[-1e-7], numpy.arange(1, 199) / 199, [1 + 1e-7]])
tpr = numpy.array([(scores[labels] > t).mean() for t in thresholds])
fpr = numpy.array([(scores[~labels] > t).mean() for t in thresholds])
clipped = numpy.clip(scores, 1e-7, 1 - 1e-7)
expected = {
    "accuracy": ((p > 0.5) == truth).mean(), "recall": recall[50], "precision": 1.0 if recall[50] > 0 else 0.0,
    "auc": -trapezoid(tpr, fpr), "loss": -numpy.where(labels, numpy.log(clipped), numpy.log(1 - clipped)).mean(),
    "recall_at_no_faph": recall[quiet], "cutoff_for_no_faph": cutoffs[quiet], "ambient_false_positives": (ambient > 0.5).sum(),
    "ambient_false_positives_per_hour": faph[50], "average_viable_recall": trapezoid(ys[::-1], xs[::-1]) / 2}
wrong = {k: (metrics.get(k), float(v)) for k, v in expected.items() if abs(metrics.get(k, -1) - v) > 1e-6}
check("numpy_computes_the_same_figures", not wrong and metrics.keys() == expected.keys(), str(wrong))
check("the_scores_are_not_trivial", faph[0] > 2 and 0 < metrics["average_viable_recall"] <= 1 and (ambient > 0.1).any(), str(metrics))
check("the_best_weights_are_exported", abs(max(best) - metrics["average_viable_recall"]) < 1e-8, f"{best} {metrics}")

# ---- what it leaves ----
model = root / "out" / "tflite_stream_state_internal_quant" / "stream_state_internal_quant.tflite"
interpreter = Interpreter(str(model))
interpreter.allocate_tensors()
check("the_model_lies_where_the_framework_leaves_it", tuple(interpreter.get_input_details()[0]["shape"]) == (1, 2, 40))
merged = yaml.safe_load((root / "out" / "training_config.yaml").read_text())
differences = {k: (merged.get(k), v) for k, v in config.items()
               if k != "features" and merged.get(k) != (v if not isinstance(v, list) else v + [v[-1]] * (2 - len(v)))}
check("pyyaml_reads_what_we_write", not differences and merged["features"] == config["features"], str(differences))
check("derived_keys_are_there", merged["spectrogram_length"] == length and merged["training_input_shape"] == [length, 40]
      and merged["stride"] == 2, str(merged))
check("the_test_of_the_model_prints_a_curve", sum(line.startswith("Cutoff ") for line in lines) == 101 and "AUC " in result.stdout)

# ---- the test of the model: the bytes of tflite-micro, the framework's rule ----


def probabilities(rows):
    # as ESPHome quantises
    inputs = numpy.clip((rows.astype(int) * 256 + 333) // 666 - 128, -128, 127).astype(numpy.int8)
    micro, output = runtime.Interpreter.from_bytes(model.read_bytes(), arena_size=131072), []
    for at in range(0, len(rows) - 1, 2):
        micro.set_input(inputs[at:at + 2].reshape(1, 2, 40), 0)
        micro.invoke()
        output.append(int(micro.get_output(0).flat[0]) / 256)
    return numpy.array(output)


means = lambda p: numpy.convolve(p, numpy.ones(5), "valid") / 5
tops = numpy.array([means(probabilities(word)[25:]).max() for word in RaggedMmap(root / "words/testing/wakeword_mmap")])
track = means(probabilities(RaggedMmap(root / "eval/testing_ambient/x_mmap")[0]))
printed = {float(line.split()[1].rstrip(":")): line for line in lines if line.startswith("Cutoff ")}
for cutoff in (0.0, 0.02, 0.1, 0.5, 0.9):
    accepts, quiet = 0, 25
    for mean in track:
        quiet = max(0, quiet - 1)
        if quiet == 0 and mean > cutoff + 1e-12:
            accepts, quiet = accepts + 1, 25
    wanted = f"Cutoff {cutoff:.2f}: frr={(tops <= cutoff + 1e-12).mean():.4f}; faph={accepts / (40000 / 360000):.3f}"
    check(f"tflite_micro_agrees_at_{cutoff}", printed[cutoff] == wanted, f"{printed[cutoff]}, not {wanted}")

# ---- same seed, same bytes; the file that we wrote trains too ----
first = model.read_bytes()
shutil.rmtree(root / "out")
told = fit(config, "--threads=1", "--debug")
check("same_seed_same_bytes_on_one_thread", told.returncode == 0 and model.read_bytes() == first)
check("without_debug_nothing_is_told", "debug: " not in result.stderr)
for what, sentence in {"sets": f"{root / 'words'}: the wake word, 14.3 % of the draws from 80 arrays (truncate_start, penalty 1)",
                       "phases": "phase 2: 60 steps of 16 windows at rate 0.001, classes weigh 1 and 20", "class_weights": "class weights: intended",
                       "choice": "the best have the highest average_viable_recall", "checkpoint": "there is none to go on from",
                       "chosen": f"the weights of step {steps[best.index(max(best))]} are exported"}.items():
    check(f"debug_tells_{what}", any(line.startswith("debug: ") and sentence in line for line in told.stderr.splitlines()), told.stderr)
other = subprocess.run([PROGRAM, "fit", f"--training_config={root / 'out' / 'training_config.yaml'}", *FLAGS], capture_output=True, text=True)
check("our_own_file_trains_to_the_same_bytes", other.returncode == 0 and model.read_bytes() == first, other.stderr[-300:])
converted = subprocess.run([PROGRAM, "fit", f"--training_config={parameters}", *FLAGS[1:], "--train=0"], capture_output=True, text=True)
check("without_training_it_converts_again", converted.returncode == 0 and model.read_bytes() == first, converted.stderr[-300:])

# ---- stopped, it goes on where it was: the bytes of a run in one go ----
long = {**config, "training_steps": [3000], "train_dir": str(root / "long")}
model = root / "long" / "tflite_stream_state_internal_quant" / "stream_state_internal_quant.tflite"
check("a_longer_training_ends", fit(long).returncode == 0)
first = model.read_bytes()
shutil.rmtree(root / "long")
stopped = 0
for seconds in (0.4, 0.7, 60):
    process = subprocess.Popen([PROGRAM, "fit", f"--training_config={parameters}", *FLAGS], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        stopped += process.wait() == 2
check("stopped_and_gone_on_it_gives_the_same_bytes", stopped >= 1 and code == 0 and model.read_bytes() == first, f"{stopped} {code}")

# ---- refusals: one sentence that names what is wrong ----
def refused(name, says, *more, **changes):
    answer = fit({**config, **changes}, *more)
    check(name, answer.returncode == 1 and says in answer.stderr and answer.stderr.count("\n") == 1, answer.stderr)


refused("a_missing_folder_is_named", "nowhere", features=[features("nowhere", True, 1, "random")])
refused("another_step_is_refused", "window_step_ms", window_step_ms=20)
refused("split_cannot_train", "truncation_strategy", features=[features("words", True, 1, "split"), config["features"][1]])
refused("clips_are_refused", "clips", features=[{**features("words", True, 1, "random"), "type": "clips"}])
refused("an_unknown_metric_is_named", "average_viable_recall", maximization_metric="luck")
refused("ambient_sets_are_needed_to_choose_by_false_accepts", "validation_ambient/", features=config["features"][:2])
check("other_metrics_do_without", fit({**config, "features": config["features"][:2], "maximization_metric": "recall"}).returncode == 0)
refused("positives_are_needed", "validation/ with the wake word", features=config["features"][1:])
refused("positives_are_needed_to_train", "examples of the word", "--use_weights=last_weights", features=config["features"][1:])
shutil.rmtree(root)
finish()
