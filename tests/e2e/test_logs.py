"""Logs and records of runs, and rows of the list of other trainers' defects that a run from the terminal shows (their numbers are in
the names; rows without one are lesson_...)."""
import array
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from common import PROGRAM, check, finish, run

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith lessons "))
SMALL = ["--preset=draft", "--samples=50", "--training-steps=20", "--seeds=1"]
environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}


def train(*arguments, data="data"):
    return subprocess.run([PROGRAM, "train", *SMALL, f"--data-dir={root / data}", *arguments], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, env=environment)


def log_of(data="data", word="hey_jarvis", name="training.log"):
    return (root / data / "work" / word / name).read_text()


def newest(data="data"):
    return max((root / data / "output").iterdir(), key=lambda path: path.stat().st_mtime_ns)


# ---- a stage that fails, and the run that goes on from there (B20, B26) ----------------------------------------------
places = {"speech": "wake_word_samples/words.corpus/x", "features": "wake_word_samples_augmented/hush.features/x",
          "train": "trained_models/seed-0.ckpt/x", "export": "publish"}
reasons = []
for stage, place in places.items():
    obstacle = root / "data/work/hey_jarvis" / place
    if stage == "export":
        obstacle = root / "data/output"
        shutil.rmtree(obstacle, ignore_errors=True)
    obstacle.parent.mkdir(parents=True, exist_ok=True)
    obstacle.write_text("in the way")
    result = train("hey jarvis")
    sentence = result.stderr.strip().splitlines()[-1].removeprefix("wakesmith train: ")
    last = log_of().splitlines()[-1]
    check(f"B26_a_failure_in_{stage}_ends_the_log", result.returncode == 1 and len(sentence) > 10 and last.endswith(f"s  ended: {sentence}"),
          (result.stderr, last))
    reasons.append(sentence)
    obstacle.unlink() if stage == "export" else shutil.rmtree(obstacle.parent)
result = train("hey jarvis", "--debug")
log, published = log_of(), (newest() / "logs/training.log").read_text()
heads = len(re.findall(r"^ +[\d.]+ s  =====", log, re.M))
check("B20_failed_attempts_stay_in_the_log", result.returncode == 0 and heads == 5 and log == published
      and all(f"ended: {reason}" in published for reason in reasons), (heads, published[-300:]))
check("B26_the_last_line_names_the_result", log.splitlines()[-1].endswith(f"finished: {newest()}"), log[-200:])

# ---- one log a run, small, rotated (B36) ------------------------------------------------------------------------------
began = time.monotonic()
before = resource.getrusage(resource.RUSAGE_CHILDREN)
result = train("hey jarvis", "--debug")
after = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
check("lesson_overhead_with_everything_cached", result.returncode == 0 and cpu <= 3, f"{cpu:.2f} s of the processor, {time.monotonic() - began:.2f} s")
again = log_of()
check("B36_a_run_has_a_log_of_its_own", again.count("=====") == 1 and log_of(name="training.log.1") == log
      and again == (newest() / "logs/training.log").read_text() and "ended:" not in again, again[:300])
check("B36_a_log_is_small", len(log) < 100_000 and "\r" not in log and "\033" not in log, len(log))
for number in range(6):  # runs that did not end, and flooded it
    (root / "data/work/hey_jarvis/training.log").write_text("x" * 99 + "\n" * (1 << 20))
    stopped = train("hey jarvis", "--positives-real=/nowhere")
logs = sorted(path.name for path in (root / "data/work/hey_jarvis").glob("training.log*"))
check("B36_a_flooded_log_is_put_aside_and_five_are_kept", stopped.returncode == 1 and logs == ["training.log", *(f"training.log.{i}" for i in (1, 2, 3, 4))]
      and log_of().count("=====") == 1 and "--positives-real" in log_of() and len(log_of()) < 1000, logs)

# ---- the record of a run --------------------------------------------------------------------------------------------------
record = json.loads((newest() / "logs/run.json").read_text())
options = {line.split()[0][2:].split("=")[0] for line in run("train", "--help").splitlines() if line.startswith("  --")}
check("the_record_has_every_option", options - {"json", "events", "fetch", "offline", "help"} == set(record["options"]) - {"data-dir", "cleanup-work-dir"} | {"data-dir"},
      options ^ set(record["options"]))
check("and_what_they_were", record["options"]["samples"] == 50 and record["options"]["phrase"] == "hey jarvis" and record["preset"]["steps"] == 20
      and record["wakesmith"] == run("--version").split()[1])
check("and_the_machine", {"processor", "processors", "threads", "kernels", "memory_bytes", "system", "release", "architecture"} == set(record["machine"]))
check("what_was_kept_took_no_time", {stage["stage"] for stage in record["stages"]} == {"train", "export"} and len(record["kept"]) > 20
      and {"words.corpus", "hush.features", "seed-0.ckpt"} <= set(record["kept"]), record)
train("hey jarvis", "--seed=2")
record = json.loads((newest() / "logs/run.json").read_text())
check("the_record_has_the_time_of_every_stage", {stage["stage"] for stage in record["stages"]} == {"speech", "features", "train", "export"}
      and len({stage["what"] for stage in record["stages"] if stage["stage"] == "speech"}) == 6 and record["kept"] == []
      and 0.6 * record["seconds"] < sum(stage["seconds"] for stage in record["stages"]) <= record["seconds"], record)

# ---- what it was made of: voices, their split, features as they are stored (src/speech/corpus.c, src/dataset/store.c) --------
work = root / "data/work/hey_jarvis"
spoken = json.loads((newest() / "hey_jarvis.report.json").read_text())["speech"]["words"]


def corpus(name):  # (voice, group, samples) of each clip
    data = (work / f"wake_word_samples/{name}.corpus").read_bytes()
    clips, samples = struct.unpack_from("<QQ", data, 8)
    for index in range(clips):
        start, count, _, group, _, voice = struct.unpack_from("<QIIihH", data, (64 + 2 * samples + 7) // 8 * 8 + 24 * index)
        yield voice, group, data[64 + 2 * start:64 + 2 * (start + count)]


words, held = list(corpus("words")), list(corpus("held_words"))
engines = spoken["engines"].values()
check("B17_the_report_counts_distinct_voices", sum(engine["voices"] for engine in engines) == len({voice for voice, _, _ in words}) > 20
      and sum(engine["clips"] for engine in engines) == len(words) == 50, spoken)
check("B17_no_clip_is_there_twice", len({samples for _, _, samples in words + held}) == len(words) + len(held))
check("B18_no_timbre_is_on_both_sides", held and not {group for _, group, _ in words} & {group for _, group, _ in held})
stored = list(work.glob("*/*.features"))
for path in stored:
    size = path.stat().st_size
    rows, items = struct.unpack_from("<QQ", path.read_bytes()[-56:], 0)
    check(f"lesson_features_take_8_bytes_a_ms_{path.stem}", size <= 8 * 10 * rows + 32 * items + 128, (size, rows, items))
lines = log_of().splitlines()
[said] = [number for number, line in enumerate(lines) if "s  features: about" in line]
megabytes, row = map(int, re.search(r"about (\d+) MB on the disk, (\d+) bytes a row of 10 ms", lines[said]).groups())
check("lesson_the_size_of_features_is_told_before_they_are_made", row == 80 and 0.8 < megabytes * 1e6 / sum(path.stat().st_size for path in stored) < 3
      and said < min(number for number, line in enumerate(lines) if re.search(r"s  features (made|words:)", line)), (lines[said], len(stored)))

# ---- --debug says what was decided, and why --------------------------------------------------------------------------------
sounds = root / "negatives/speech"
sounds.mkdir(parents=True)
for number, clip in enumerate(json.loads(run("say", "the weather", "-o", root / "said", "--samples=12", "--json"))["clips"]):
    shutil.copy(clip["file"], sounds / f"source {chr(97 + number)}.wav")
result = train("hey jarvis", "--seed=2", f"--negatives={root}/negatives", "--debug")
told = [line.split("debug: ", 1)[1] for line in result.stderr.splitlines() if line.startswith("debug: ")]


def says(name, *patterns):
    check(f"debug_tells_{name}", all(any(re.search(pattern, line) for line in told) for pattern in patterns), [line for line in told if patterns[0][:8] in line] or told)


says("where_data_lies", r"data directory .*data: --data-dir")
says("the_language", r"language English: by the letters of the phrase")
says("the_id_and_the_title", r"id hey_jarvis: from the phrase; title \"Hey Jarvis\"")
says("threads_and_kernels", r"\d+ threads: ", r"kernels \w+: ")
says("who_speaks", r"words: espeak-ng speaks \d+ clips by \d+ voices, [\d.]+ % of the draws", r"neural: nothing is spoken")
says("what_is_kept", r"words\.corpus is kept: none of its \d+ inputs changed")
says("what_is_made_again_and_why", r"words\.features is made again: sounds was [0-9a-f]{12}, is [0-9a-f]{12}; talkers is gone$")
says("what_is_held_back", r"held back, so that it only measures: .*/source [a-l]\.wav, [\d.]+ s of speech", r"negatives: of [\d.]+ s of speech, [\d.]+ s are held back")
says("the_mix", r"mix: words has 38 parts", r"mix: music is left out: there is none")
says("the_cutoff_and_the_window", r"moderately: .* window \d+, .* the middle, \d+, is cutoff 0\.\d+")
says("the_disk", r"disk: about \d+ MB more are needed")
check("the_log_has_it_too", all(f"debug: {line}" in log_of() for line in told) and len(told) > 40, len(told))
check("without_debug_there_is_none", "debug: " not in log_of(name="training.log.1"))
again = subprocess.run([PROGRAM, "wake_word_sample_generator", *SMALL[:2], "--seed=3", "--lang=de", f"--data-dir={root}/data", "--debug", "hey_jarvis"],
                       capture_output=True, text=True, env=environment)
told = [line.split("debug: ", 1)[1] for line in again.stderr.splitlines() if line.startswith("debug: ")]
says("a_changed_option_by_its_name", r"words\.corpus is made again: .*language was en, is de; .*seed was 2, is 3", r"language German: --lang de")

# ---- one rule for ids; both forms of arguments -----------------------------------------------------------------------------
phrases = {"Hey, Jarvis!": "hey_jarvis", "привет дом": "privet_dom", "Ёжик щука подъезд объявление": "yozhik_shchuka_podezd_obyavlenie",
           "grüß dich": "gruss_dich", "café": "cafe", "hey-jarvis_2": "hey_jarvis_2", "приве́т": "privet", "Привіт": "privit"}
for phrase, name in phrases.items():
    begun = subprocess.run([PROGRAM, "train", f"--phrase={phrase}", "--preset=none", f"--data-dir={root}/ids", "--json"], capture_output=True, text=True)
    named = subprocess.run([PROGRAM, "train", "x", f"--id={phrase}", "--preset=none", f"--data-dir={root}/ids", "--json"], capture_output=True, text=True)
    ids = {json.loads(run("check", phrase, "--json"))["id"], *(json.loads(one.stderr.splitlines()[0])["id"] for one in (begun, named))}
    check(f"lesson_ids_one_rule_{name}", ids == {name}, ids)
forms = [["say", "jarvis", "--samples=1", "--seed=7", f"--output={root}/form"], ["say", "jarvis", "--samples", "1", "--seed", "7", "--output", root / "form"]]
clips = [json.loads(run(*form, "--json"))["clips"] for form in forms]
check("lesson_both_argument_forms", clips[0] == clips[1] and len(clips[0]) == 1, clips)

# ---- what is published --------------------------------------------------------------------------------------------------------
folder = newest()
report = json.loads((folder / "hey_jarvis.report.json").read_text())
check("lesson_the_report_is_of_the_bytes_that_ship", hashlib.sha256((folder / "hey_jarvis.tflite").read_bytes()).hexdigest() == report["model_sha256"])


# ---- kept sound is checked before anything is made of it ----------------------------------------------------------------------
result = train("hey jarvis", "--seed=2")
with open(work / "wake_word_samples/words.corpus", "r+b") as file:
    file.seek(1000)
    byte = file.read(1)[0]
    file.seek(1000)
    file.write(bytes([byte ^ 1]))
check("damaged_sound_that_nobody_hears_harms_nothing", result.returncode == 0 and train("hey jarvis", "--seed=2").returncode == 0)
(work / "wake_word_samples_augmented/words.features").unlink()
broken, healed = train("hey jarvis", "--seed=2"), train("hey jarvis", "--seed=2")
check("damaged_sound_is_named_and_spoken_anew", broken.returncode == 1 and "words.corpus" in broken.stderr and "damaged" in broken.stderr
      and healed.returncode == 0 and "words: 50 clips by" in log_of(), (broken.stderr, healed.stderr))


def held_words():  # rows of each clip that measures (src/dataset/store.c)
    data = (root / "data/work/hey_jarvis/wake_word_samples_augmented/held_words.features").read_bytes()
    rows, count = struct.unpack_from("<QQ", data, len(data) - 56)
    for index in range(count):
        first, many = struct.unpack_from("<QI", data, 64 + rows * 80 + 32 * index)
        yield data[64 + first * 80:64 + (first + many) * 80]


def write_npy(path, rows):
    head = f"{{'descr': '<u2', 'fortran_order': False, 'shape': ({len(rows) // 80}, 40), }}"
    head += " " * (-(len(head) + 11) % 64) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head.encode() + rows)


level = report["sensitivities"]["moderately"]
heard = 0
for rows in held_words():
    write_npy(root / "clip.npy", rows)
    given = array.array("B", map(int, run("infer", folder / "hey_jarvis.tflite", root / "clip.npy").split()))
    sums = [sum(given[max(0, at - level["window"] + 1):at + 1]) for at in range(len(given))]
    heard += max(sums) > level["cutoff_byte"] * level["window"]
check("lesson_its_recall_is_that_of_the_exported_file", heard == level["detected"] and level["clips"] == 40, (heard, level))

# ---- killed while it publishes: no folder without a valid manifest ---------------------------------------------------------
LAST = ["hey jarvis", "--seed=2", f"--negatives={root}/negatives"]
for attempt in range(3):
    child = subprocess.Popen([PROGRAM, "train", *LAST, *SMALL, f"--data-dir={root}/data", "--json"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    for line in child.stderr:
        if json.loads(line).get("stage") == "export":
            break
    time.sleep((0.02, 0.4, 0.7)[attempt])
    child.send_signal(signal.SIGKILL)
    child.communicate()
    half = [path.name for path in (root / "data").glob("output/*") if not json.loads((path / "hey_jarvis.json").read_text()).get("micro")]
    check(f"lesson_a_killed_run_leaves_no_half_folder_{attempt}", half == [])
check("lesson_and_the_next_one_goes_on", train(*LAST).returncode == 0 and (newest() / "hey_jarvis.json").is_file())
# ---- the words as the reference hears them ---------------------------------------------------------------------------
words = root / "data/work/hey_jarvis/wake_word_samples_augmented/words.features"
train("hey jarvis")
before = (words.read_bytes(), (words.parent / "held_words.features").read_bytes())
result = train("hey jarvis", "--augmentation=reference")
card = json.loads(next(newest().glob("*.report.json")).read_text())
check("the_reference_augments", result.returncode == 0 and card["augmentation"]["name"] == "reference" and
      len(card["augmentation"]["steps"]) == 10 and words.read_bytes() != before[0], result.stderr)
check("what_measures_is_heard_as_before", (words.parent / "held_words.features").read_bytes() == before[1])
chain = root / "chain.yaml"
chain.write_text("- Gain: {p: 1, min_gain_db: -6}\n- Gian: {}\n")
result = train("hey jarvis", f"--augmentation={chain}")
check("a_mistake_in_a_chain_is_one_sentence", result.returncode == 1 and "chain.yaml, line 2: Gian" in result.stderr, result.stderr)
result = train("hey jarvis")
check("without_it_the_words_are_as_they_were", result.returncode == 0 and words.read_bytes() == before[0], result.stderr)
shutil.rmtree(root)
finish()
