"""--json of every long command: standard error is events, each with the fields that docs/events.md lists and no others."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from common import GOLDEN, PROGRAM, check, finish, run

SOURCE = pathlib.Path(os.environ["WAKESMITH_SOURCE"])
root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith events "))
fields = {}  # event -> name -> must it be there?
for event, name in re.findall(r"^\| (\w+) \| (\w+\??) \| ", (SOURCE / "docs/events.md").read_text(), re.M):
    fields.setdefault(event, {})[name.rstrip("?")] = not name.endswith("?")
fields.pop("event")  # the head of the table
TEXTS, FLAGS, TREES = {"command", "time", "id", "phrase", "language", "preset", "stage", "note", "text", "run", "model", "reason"}, {"better", "stopped"}, {"metrics", "best"}


def wrong_with(event):
    known = fields.get(event.get("event"))
    if known is None:
        return f"no such event: {event}"
    names = set(event) - {"event"}
    bad = [name for name in names if not isinstance(event[name], str if name in TEXTS else bool if name in FLAGS else dict if name in TREES
                                                    else (int, float))]
    if names - set(known) or {name for name, needed in known.items() if needed} - names or bad:
        return f"{event}: unknown {names - set(known)}, wrong {bad}"
    return ""


def judge(name, text, command, last="finished"):
    """Lines of standard error or of a file as events; all of them must be right."""
    events, faults = [], []
    for line in text.splitlines():
        try:
            events.append(json.loads(line))
            faults.append(wrong_with(events[-1]))
        except ValueError:
            faults.append(f"no JSON: {line}")
    faults = [fault for fault in faults if fault]
    overall = [event["overall"] for event in events if "overall" in event]
    check(f"{name}_tells_events", events and not faults and events[0].get("command") == command and events[-1]["event"] == last
          and sum(event["event"] in ("begin", "finished", "ended") for event in events) == 2
          and overall == sorted(overall) and all(0 <= share <= 1 for share in overall), f"{faults[:3]} {overall[-5:]} {text[-300:]}")
    return events


def watched(name, *arguments, documents=1, command=None, **environment):
    result = subprocess.run([PROGRAM, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                            env={**os.environ, **environment})
    events = judge(name, result.stderr, command or arguments[0])
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    check(f"{name}_answers_in_json", result.returncode == 0 and len(answers) == documents, result.stdout[:300])
    return events, answers


small = ["--preset=draft", "--samples=50", "--training-steps=20", "--seeds=1"]
events, answers = watched("train", "train", "hey \"jarvis\"", *small, f"--data-dir={root}/data", f"--events={root}/file")
kinds = {event["event"] for event in events}
check("a_training_tells_its_curve", {"begin", "progress", "stage_done", "metric", "finished"} <= kinds, str(kinds))
check("a_training_says_what_it_is", events[0]["phrase"] == "hey \"jarvis\"" and events[0]["id"] == "hey_jarvis" and events[0]["language"] == "en")
check("the_file_has_the_same_events", [event["event"] for event in judge("the_file", (root / "file").read_text(), "train")] == [
      event["event"] for event in events])
model = answers[0]["model"]
check("the_result_names_the_model", pathlib.Path(model).is_file() and events[-1]["model"] == model)

said = root / "said"
clips = [clip["file"] for clip in json.loads(run("say", "jarvis", "-o", said, "--samples=6", "--json"))["clips"]]
events, answers = watched("evaluate", "evaluate", model, "--positives", said, "--negatives", said, "--condition=clean", "--condition=pink:10")
check("evaluate_tells_each_pass", [event["stage"] for event in events if event["event"] == "stage_done"] == ["negatives", "clean", "pink:10"], str(events))
watched("compare", "compare", model, model, "--positives", said, "--negatives", said)
_, answers = watched("features", "features", *clips, "-o", root / "set")
check("features_tell_what_they_made", answers[0]["items"] == 6 and answers[0]["rows"] > 100, str(answers))
_, answers = watched("bench", "bench", "frontend", "infer", "--model", model, "--seconds=.1", documents=2)
check("bench_tells_figures", [row["what"] for row in answers] == ["frontend", "infer"])

# fit: features of the same clips in the folders of the framework.
for split, truth in (("training", "wake"), ("validation", "wake"), ("training", "other"), ("validation", "other"), ("validation_ambient", "other")):
    (root / "sets" / truth / split).mkdir(parents=True)
    run("features", *clips, *clips, "-o", root / "sets" / truth / split / "a_mmap")
(root / "fit.yaml").write_text(f"""
batch_size: 16
clip_duration_ms: 500
eval_step_interval: 10
window_step_ms: 10
learning_rates: [0.001]
training_steps: [20]
positive_class_weight: [1]
negative_class_weight: [20]
time_mask_count: [0]
time_mask_max_size: [0]
freq_mask_count: [0]
freq_mask_max_size: [0]
maximization_metric: average_viable_recall
minimization_metric: null
target_minimization: 0.9
train_dir: {root}/fit
features:
- {{features_dir: {root}/sets/wake, penalty_weight: 1, sampling_weight: 2, truncation_strategy: truncate_start, truth: true, type: mmap}}
- {{features_dir: {root}/sets/other, penalty_weight: 1, sampling_weight: 10, truncation_strategy: random, truth: false, type: mmap}}
""")
events, answers = watched("fit", "fit", f"--training_conf={root}/fit.yaml", "mixednet", "--pointwise_filters=8,8", "--mixconv=[5],[7]",
                          "--repeat_in_block=1,1", "--residual_connection=0,0", "--first_conv_k=3", "--stride=3")
check("fit_tells_validations", [event["step"] for event in events if event["event"] == "validation"] == [10, 20]
      and "average_viable_recall" in events[-3].get("metrics", answers[0]["metrics"]) and pathlib.Path(answers[0]["model"]).is_file(), str(events)[-600:])

# voices: one file from a copy.
body = os.urandom(5000)
(root / "copy").mkdir()
(root / "copy/a.bin").write_bytes(body)
(root / "catalogue.json").write_text(json.dumps({"piper_hub": "http://127.0.0.1:1", "packs": [{
    "id": "thing", "engine": "kokoro", "name": "a thing", "licence": "MIT", "languages": ["en"], "speakers": 1, "default": True, "files": [
        {"path": "a.bin", "size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "sources": [{"url": "http://127.0.0.1:1/a"}]}]}]}))
place = {"WAKESMITH_VOICES": str(root / "voices"), "WAKESMITH_CATALOGUE": str(root / "catalogue.json")}
_, answers = watched("voices_list", "voices", "list", **place)
_, fetched = watched("voices_fetch", "voices", "fetch", "thing", f"--from={root}/copy", **place)
check("voices_tell_what_is_installed", [one[0]["voices"][0]["installed"] for one in (answers, fetched)] == [False, True], str(fetched))

# The programs of microWakeWord Trainer.
words = ["--preset=draft", f"--data-dir={root}/stages", "hey_jarvis"]
watched("generator_preview", "wake_word_sample_generator", "--samples=1", *words)
watched("generator", "wake_word_sample_generator", "--samples=5", *words, documents=0, command="train")
watched("augmenter", "wake_word_sample_augmenter", *words, documents=0, command="train")
_, answers = watched("trainer", "wake_word_sample_trainer", "--training-steps=8", *words, command="train")
check("the_trainer_tells_the_model", pathlib.Path(answers[0]["model"]).is_file())


# How they end otherwise.
def ends(name, *arguments, code, says, **environment):
    result = subprocess.run([PROGRAM, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=60, env={**os.environ, **environment})
    last = json.loads(result.stderr.splitlines()[-1])
    check(f"{name}_ends_in_json", result.returncode == 1 and not wrong_with(last) and last["event"] == "ended" and last["code"] == code
          and not last["stopped"] and says in last["reason"] and result.stdout == "", result.stderr)


ends("a_wrong_option", "train", "x", "--sampels=60", code=-1, says="--sampels")
ends("a_missing_model", "evaluate", root / "none.tflite", "--positives", said, code=-5, says="none.tflite")
ends("a_missing_voice", "voices", "fetch", "nothing", f"--from={root}/copy", code=-1, says="nothing", **place)
ends("missing_parameters", "fit", f"--training-config={root}/none.yaml", "mixednet", code=-5, says="none.yaml")
ends("a_missing_sound", "features", root / "none.wav", "-o", root / "x", code=-5, says="none.wav")
ends("a_wrong_figure", "bench", "speed", code=-1, says="speed")

child = subprocess.Popen([PROGRAM, "train", "stop", "--preset=draft", f"--data-dir={root}/data", "--json"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
first = child.stderr.readline()
time.sleep(0.3)
child.send_signal(signal.SIGTERM)
out, rest = child.communicate(timeout=60)
last = judge("a_stopped_training", first + rest, "train", last="ended")[-1]
check("a_stop_is_told_as_that", child.returncode == 2 and last["stopped"] and last["code"] == -7 and out == "", rest[-300:])
shutil.rmtree(root)
finish()
