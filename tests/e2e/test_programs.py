"""The programs of microWakeWord Trainer by their names: what they print, leave and refuse."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import wave

from common import PROGRAM, check, finish

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-reference-"))
links = root / "bin"
links.mkdir()
for name in ("train_wake_word", "wake_word_sample_generator", "wake_word_sample_augmenter", "wake_word_sample_trainer",
             "setup_training_datasets", "run_recorder.sh"):
    (links / name).symlink_to(PROGRAM)
clean = {key: value for key, value in os.environ.items() if key not in ("SAMPLES", "BATCH_SIZE", "TRAINING_STEPS", "MWW_PHRASE", "MWW_LANG")}


def call(name, *arguments, data="data", **environment):
    return subprocess.run([links / name, *map(str, arguments)], capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL,
                          env={**clean, "DATA_DIR": str(root / data), **environment})


def refused(name, program, *arguments, says, **more):
    result = call(program, *arguments, **more)
    lines = result.stderr.strip().splitlines()
    check(name, result.returncode == 1 and len(lines) == 1 and lines[0].startswith(program + ": ") and says in lines[0],
          f"exit {result.returncode}: {result.stderr}")


def elapsed(text):  # at the right of 80 columns
    return f"{text}  Elapsed time: 0:00:00".rjust(80)


# The lines of the reference, in its order, for its own example.
(root / "data").mkdir()
(root / "data/.defaults.env").write_text("PRESET=draft # small\nBATCH_SIZE=100\n")
result = call("train_wake_word", "--samples=5", "--training-steps=7", "--phrase=привет дом", "--lang=ru", "--id=privet_dom")
run = next((root / "data/output").glob("*-privet_dom-5-1"), pathlib.Path("/none"))
rule = "=" * 80
lines = [rule, "===== Running 'privet_dom(привет дом)' generation, augmentation and training =====",
         "===== Generating 5 wake word samples in batches of 100  =====", "   Generating samples", rule,
         elapsed("Generated 5 wake word samples."), "===== Augmenting 5 wake word samples (generated) =====",
         elapsed("Augmentation completed."), "===== Starting 7 training steps =====", "✅ Training complete (CPU path).",
         "   Training complete!", f"   Full log: {run}/logs/training.log", "Name:     привет дом", f"Model:    {run}/privet_dom.tflite",
         f"Metadata: {run}/privet_dom.json", elapsed("Training completed."), "Training Summary".rjust(44),
         elapsed("Generate 5 samples, 100/batch"), elapsed("Augment 5 samples"), elapsed("7 training steps"), ("=" * 54).rjust(80),
         elapsed("Total"), rule]
printed = [re.sub(r"\d+:\d\d:\d\d$", "0:00:00", line) for line in result.stdout.splitlines()]
missing, at = [], 0
for line in lines:
    if line in printed[at:]:
        at = printed.index(line, at) + 1
    else:
        missing.append(line)
check("the_lines_of_the_reference_in_their_order", result.returncode == 0 and not missing, f"{missing}\n{result.stdout}{result.stderr}")
check("progress_is_for_terminals", result.stderr == "", result.stderr)
title = json.loads((run / "privet_dom.json").read_text())
check("B1_the_title_is_the_phrase", title["wake_word"] == "привет дом" and title["trained_languages"] == ["ru"], str(title))
again = call("train_wake_word", "--samples=5", "--training-steps=7", "--phrase=привет дом", "--lang=ru", "--id=privet_dom", "--quiet")
check("quiet_says_nothing", again.returncode == 0 and again.stdout == again.stderr == "", again.stdout + again.stderr)

ODD = "Дом \"8\" \\ it's $(HOME) 🐟 | # @ %s"
# Stage by stage, the same model; what a stage finds done it says so.
result = call("wake_word_sample_generator", "--samples=1", "--phrase=привет дом", "--lang=ru", "privet_dom", data="stages")
clip = root / "stages/work/test_sample/privet_dom.wav"
check("one_sample_is_a_preview_in_an_empty_directory", result.returncode == 0 and wave.open(str(clip)).getframerate() == 16000
      and result.stdout == f"===== Generating 1 sample of 'привет дом' =====\nSample available at {clip}\nPlay it from your host.\n",
      result.stdout + result.stderr)
check("a_preview_is_no_training", not (root / "stages/work/privet_dom").exists() and [path.name for path in clip.parent.iterdir()] == [clip.name])
refused("a_trainer_wants_features", "wake_word_sample_trainer", "privet_dom", says="wake_word_samples_augmented not found", data="stages")
small = ["--samples", "5", "--batch-size", "100", "--preset", "draft"]
made = call("wake_word_sample_generator", *small, "--phrase", "привет дом", "--lang", "ru", "privet_dom", data="stages")
fresh = call("wake_word_sample_generator", *small, "--phrase", "привет дом", "--lang", "ru", "privet_dom", data="stages")
check("what_is_generated_is_not_generated_again", made.returncode == 0 and "Generated 5 wake word samples." in made.stdout
      and fresh.returncode == 0 and fresh.stdout == "Sample generation not required\n\n", made.stderr + fresh.stdout)
made = call("wake_word_sample_augmenter", data="stages")
fresh = call("wake_word_sample_augmenter", "privet_dom", data="stages")
check("augmentation_follows_by_itself", made.returncode == 0 and "✅ Features ready: " in made.stdout
      and fresh.returncode == 0 and "Augmentation not required" in fresh.stdout, made.stdout + made.stderr + fresh.stdout)
result = call("wake_word_sample_trainer", "--training-steps=7", "--samples=50000", "privet_dom", ODD, data="stages")
staged = next((root / "stages/output").glob("*-privet_dom-5-1"), pathlib.Path("/none"))
check("stage_by_stage_the_same_model", result.returncode == 0 and "Sample generation not required" in result.stdout
      and "Augmentation not required" in result.stdout and (staged / "privet_dom.tflite").read_bytes() == (run / "privet_dom.tflite").read_bytes(),
      result.stdout + result.stderr)
check("B1_a_title_round_trips", json.loads((staged / "privet_dom.json").read_text())["wake_word"] == ODD)

# --cleanup-work-dir takes what was made of this word, and nothing else.
(root / "data/work/other").mkdir()
result = call("train_wake_word", "--samples=5", "--training-steps=7", "--phrase=привет дом", "--id=privet_dom", "--cleanup-work-dir")
check("the_work_is_cleaned_up", result.returncode == 0 and not (root / "data/work/privet_dom").exists() and (root / "data/work/other").exists()
      and len(list((root / "data/output").iterdir())) == 3, result.stderr)

# Data sets that are there are checked, and cleaned up only when they are whole.
sets = root / "sets/training_datasets"
for name in ("downloads", "mit_rirs", "mit_rirs_16k", "fma_16k", "fma", "negative_datasets/speech/training/a_mmap"):
    (sets / name).mkdir(parents=True)
for name in ("mit_rirs/a.wav", "mit_rirs_16k/a.wav", "mit_rirs_16k/b.wav", "fma_16k/a.wav", "fma/a.mp3", "negative_datasets/speech/training/a_mmap/data.ninja",
             "downloads/MIT_RIR_Audio.zip", "downloads/fma_xs.zip", "downloads/speech.zip", "downloads/speech_of_mine.zip"):
    (sets / name).write_text("x")
(sets / "downloads/mit_rir_filecount").write_text("mit_rirs_16k:2\n")
(sets / "downloads/fma_filecount").write_text("fma:9\n")
(sets / "downloads/negative_filecount").write_text("speech:1\n")
refused("data_sets_that_are_missing_are_named", "setup_training_datasets", "--offline", data="sets", says="FMA")
result = call("setup_training_datasets", "--offline", "--cleanup-archives", "--cleanup-intermediate-files", data="sets")
check("data_sets_are_checked", result.returncode == 1 and "   Existing MIT_RIR valid\n" in result.stdout and "   FMA has 1 files of 9\n" in result.stdout
      and "   Existing speech valid\n" in result.stdout and "   Cleaning up MIT_RIR_Audio.zip\n" in result.stdout, result.stdout)
left = sorted(str(path.relative_to(sets)) for path in sets.rglob("*") if path.is_file())
check("only_whole_sets_are_cleaned_up", left == ["downloads/fma_filecount", "downloads/fma_xs.zip", "downloads/mit_rir_filecount",
      "downloads/negative_filecount", "downloads/speech_of_mine.zip", "fma/a.mp3", "fma_16k/a.wav", "mit_rirs_16k/a.wav", "mit_rirs_16k/b.wav",
      "negative_datasets/speech/training/a_mmap/data.ninja"], str(left))

# Settings are read, not executed.
(root / "evil").mkdir()
(root / "evil/.defaults.env").write_text(f"SAMPLES=$(touch {root}/executed)\n")
refused("settings_are_not_executed", "train_wake_word", "computer", data="evil", says=".defaults.env, line 1")
check("nothing_ran", not (root / "executed").exists())
refused("no_wake_word", "train_wake_word", says="which wake word")
refused("an_unknown_option", "train_wake_word", "--sampels=5", "computer", says="--sampels")
refused("a_beginning_of_several_options", "setup_training_datasets", "--cleanup", says="--cleanup could be --cleanup-archives, --cleanup-intermediate-files")
refused("a_beginning_of_several_values", "wake_word_sample_augmenter", "--personal=/x", "computer", says="could be --personal-dir, --personal-output-dir")
refused("a_beginning_that_is_clear", "train_wake_word", "--train=0", "computer", says="--training-steps must be")

# Phrases, titles, ids and folders of any kind work or are refused with a sentence; nothing of them is executed (B38).
os.chdir(root)
odd = {"quotes": "\"hey\" 'jarvis' `touch executed` $(touch executed) \\ | & # @ % ;", "line": "hey\njarvis", "emoji": "hey 🤖", "long": "a" * 10000,
       "right_to_left": "שלום בית", "no_letter": "!!!", "bell": "hey\a", "overlong": "\ud800", "dash": "--help", "format": "%s%n hey"}
for name, phrase in odd.items():
    text = phrase.encode("utf-8", "surrogatepass")
    result = subprocess.run([links / "wake_word_sample_generator", "--samples=1", b"--phrase=" + text, "odd"], capture_output=True, timeout=60,
                            env={**clean, "DATA_DIR": str(root / "odd $(touch executed) `'\"|&#@%;")}, stdin=subprocess.DEVNULL)
    good = result.returncode == 0 and b"Sample available" in result.stdout
    check(f"B38_an_odd_phrase_works_or_is_refused_{name}", good or (result.returncode == 1 and result.stderr.count(b"\n") == 1), str(result))
    # train and say: until the first clips are spoken, for what comes then is of the id
    child = subprocess.Popen([PROGRAM, "train", b"--phrase=" + text, "--preset=draft", "--samples=50", f"--data-dir={root}/odd train", "--json"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    told = []
    for line in child.stderr:
        told.append(json.loads(line))
        if told[-1]["event"] == "stage_done":
            child.terminate()
    code = child.wait()
    check(f"B38_an_odd_phrase_trains_or_is_refused_{name}", told[-1]["event"] == "ended" and len(told[-1]["reason"]) > 10
          and re.fullmatch("[a-z0-9][a-z0-9_]{0,56}", told[0]["id"]) and (code == 2 or (code == 1 and told[-1]["code"] == -1)), (code, told[-1:]))
    result = subprocess.run([PROGRAM, "say", "--samples=1", f"--output={root}/odd said", "--", text], capture_output=True, timeout=60)
    good = result.returncode == 0 and result.stdout.strip().endswith(b"_01.wav")
    check(f"B38_an_odd_phrase_is_said_or_refused_{name}", good or (result.returncode == 1 and result.stderr.count(b"\n") == 1), str(result))
(root / "nul").mkdir()
(root / "nul/.defaults.env").write_bytes(b"PHRASE='hey\0jarvis'\n")
refused("B38_a_file_with_a_zero_byte", "train_wake_word", says=".defaults.env, line 1: there is a 0 byte", data="nul")
check("B38_nothing_of_it_ran", not list(root.rglob("executed")))
finish()
