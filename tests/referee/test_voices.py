"""Neural voices: what Kokoro and Piper give from C beside ONNX Runtime's own Python, and the same bytes every time.

The voices come by `wakesmith voices fetch --default` into the build folder, once; without them it is skipped."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from common import PROGRAM, check, finish, skip

try:
    import numpy as np
    import onnxruntime
except ImportError as missing:
    skip(str(missing))

SPEAK = os.environ["WAKESMITH_SPEAK"]
voices = pathlib.Path(os.environ["WAKESMITH_BUILD"], "voices")
library = next(pathlib.Path(onnxruntime.__file__).parent.glob("capi/libonnxruntime.so*"))
environment = {**os.environ, "WAKESMITH_VOICES": str(voices), "WAKESMITH_ONNXRUNTIME": str(library), "WAKESMITH_KOKORO_CROP": "0"}
fetched = subprocess.run([PROGRAM, "voices", "fetch", "--default"], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
if fetched.returncode != 0:
    skip(f"no neural voices ({fetched.stderr.strip().splitlines()[-1]})")
work = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith voices "))
TEXTS = ["jarvis", "hey jarvis, what's the weather?", "computer"]


def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def speak(engine, voice, pace, texts=TEXTS, own_library=False, crop="0"):
    """Tokens and samples from C."""
    where = {**environment, "WAKESMITH_KOKORO_CROP": crop, **({"WAKESMITH_ONNXRUNTIME": ""} if own_library else {})}
    out = subprocess.run([SPEAK, engine, voice, str(pace), str(work), *texts], env=where, capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr)
    return [([int(i) for i in line.split()], np.fromfile(work / f"{n}.f32", np.float32)) for n, line in enumerate(out.stdout.splitlines())]


def difference(a, b):
    return float(np.abs(a - b).max()) if a.shape == b.shape and len(a) > 5000 else float("inf")


# Kokoro
model = session(voices / "kokoro" / "model.onnx")


def style(name, tokens):
    """The row for that many tokens; "a~b~35~c~20" is 35 % of b and 20 % of c."""
    first, *others = name.split("~")
    row = lambda n: np.fromfile(voices / "kokoro" / "styles" / f"{n}.bin", "<f4").reshape(510, 256)[tokens - 3]
    mixed, rest = np.zeros(256, np.float32), np.float32(1)
    for other, percent in zip(others[::2], others[1::2]):
        share = np.float32(float(percent)) / np.float32(100)
        mixed, rest = mixed + share * row(other), rest - share
    return (mixed + rest * row(first))[None]


for voice, pace in (("af_heart", 1.0), ("bm_lewis", 0.8), ("af_heart~bm_lewis~35", 1.2), ("af_heart~bm_lewis~35~em_alex~20", 0.9), ("ff_siwis", 1.0)):
    worst = 0.0
    for tokens, samples in speak("kokoro", voice, pace):
        assert tokens[0] == tokens[-1] == 0 and 5 < len(tokens) < 60, tokens
        sound, = model.run(None, {"tokens": np.array([tokens], np.int64), "style": style(voice, len(tokens)),
                                  "speed": np.array([pace], np.float32)})
        worst = max(worst, difference(samples, np.clip(sound, -1.2, 1.2).astype(np.float32) / np.float32(1.2)))
    check(f"kokoro_{voice}_is_what_python_gives", worst == 0, worst)

# With the silence cropped: as Python runs the changed graph, and the same speech with less around it
cropped = work / "cropped.onnx"
subprocess.run([SPEAK, "crop", str(voices / "kokoro" / "model.onnx"), str(cropped)], check=True, capture_output=True)
short = session(cropped)


def envelope(samples):
    """Loudness of each 10 ms, from the first to the last that is within 30 dB of the loudest."""
    loud = np.sqrt(np.add.reduceat(samples ** 2, np.arange(0, len(samples), 240)) / 240)
    speech = np.flatnonzero(loud > loud.max() * 10 ** (-30 / 20))
    return loud[speech[0]:speech[-1] + 1]


worst, least, longest = 0.0, 1.0, 0.0
for (tokens, samples), (_, whole) in zip(speak("kokoro", "af_heart", 1.0, crop="1"), speak("kokoro", "af_heart", 1.0)):
    sound, = short.run(None, {"tokens": np.array([tokens], np.int64), "style": style("af_heart", len(tokens)), "speed": np.ones(1, np.float32)})
    worst = max(worst, difference(samples, np.clip(sound, -1.2, 1.2).astype(np.float32) / np.float32(1.2)))
    a, b = envelope(samples), envelope(whole)
    least = min(least, max(np.corrcoef(a[max(0, s):][:min(len(a), len(b)) - abs(s)], b[max(0, -s):][:min(len(a), len(b)) - abs(s)])[0, 1]
                           for s in range(-8, 9)))
    longest = max(longest, len(samples) / len(whole))
print(f"    cropped: {longest:.2f} of the length at most, envelopes correlate {least:.3f} at least")
check("cropped_kokoro_is_what_python_gives", worst == 0, worst)
check("cropping_takes_silence_and_leaves_speech", least > 0.9 and longest < 0.85, (least, longest))
american, british = (speak("kokoro", voice, 1, ["jarvis"])[0][0] for voice in ("af_heart", "bf_emma"))
check("british_styles_speak_british", american != british, (american, british))

# Piper: its model has random nodes, which Wakesmith gives seeds; the n-th run of a session is the n-th of Python's
name = "en_US-joe-medium"
seeded, settings = work / "seeded.onnx", json.loads((voices / "piper" / f"{name}.onnx.json").read_text())
nodes = int(subprocess.run([SPEAK, "seed", str(voices / "piper" / f"{name}.onnx"), str(seeded)], capture_output=True, text=True).stdout)
check("piper_has_random_nodes", nodes >= 2, nodes)


def python_piper(path, spoken, pace):
    voice, scales = session(path), settings["inference"]
    scales = np.array([scales["noise_scale"], scales["length_scale"] / pace, scales["noise_w"]], np.float32)
    return [voice.run(None, {"input": np.array([tokens], np.int64), "input_lengths": np.array([len(tokens)], np.int64), "scales": scales})[0].ravel()
            for tokens, _ in spoken]


for pace in (1.0, 1.5):
    spoken = speak("piper", name, pace)
    wanted = python_piper(seeded, spoken, pace)
    worst = max(difference(samples, other) for (_, samples), other in zip(spoken, wanted))
    check(f"piper_at_pace_{pace}_is_what_python_gives", worst == 0, worst)
again = speak("piper", name, 1.0)
check("piper_gives_the_same_twice", max(difference(a[1], b[1]) for a, b in zip(again, speak("piper", name, 1.0))) == 0)
unseeded = python_piper(voices / "piper" / f"{name}.onnx", again[:1], 1.0)[0]
check("the_seeds_are_heard", difference(again[0][1], unseeded) != 0)

# the library that was fetched
for engine, voice in (("kokoro", "af_heart"), ("piper", name)):
    ours, theirs = (speak(engine, voice, 1.0, TEXTS[:1], own)[0][1] for own in (True, False))
    print(f"    {engine}: the ONNX Runtime that is fetched and {onnxruntime.__version__} differ by {difference(ours, theirs):g}")
    check(f"{engine}_speaks_with_the_library_that_is_fetched", len(ours) > 5000 and np.abs(ours).max() > 0.05)


def clips(folder, count, *options):
    """(engine, hash of the file) of each clip."""
    out = subprocess.run([PROGRAM, "say", "jarvis", "--json", f"--output={work / folder}", f"--samples={count}", *options],
                         env={**environment, "WAKESMITH_ONNXRUNTIME": ""}, capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr)
    said = json.loads(out.stdout)["clips"]
    return [(clip["engine"], hashlib.sha256(pathlib.Path(clip["file"]).read_bytes()).hexdigest()) for clip in said]


chosen = "--voice=kokoro:af_heart", f"--voice=piper:{name}", "--voice=slt"
one = clips("one", 4, *chosen, "--threads=1", "--seed=3")
check("the_same_bytes_with_any_number_of_processes", one == clips("three", 4, *chosen, "--threads=3", "--seed=3") and len(set(one)) == 4, one)
check("another_seed_gives_others", not set(one) & set(clips("other", 4, *chosen, "--seed=4")))
plain, mixed, longer = clips("plain", 2), clips("mixed", 4, "--neural"), clips("longer", 5, "--neural")
check("every_second_clip_is_neural", all((engine in ("kokoro", "piper")) == (k % 2 == 1) for k, (engine, _) in enumerate(longer)), longer)
check("clip_k_is_clip_k_halves_of_its_corpus", mixed[::2] == plain and longer[:4] == mixed, (plain, mixed, longer))
letters, same, other = (clips(f"phonemes {i}", 2, "--voice=kokoro:af_heart", *option)
                        for i, option in enumerate(([], ["--phonemes=[[dZ'A@vIs]]"], ["--phonemes=[[g'A@vIs]]"])))
check("neural_voices_say_phonemes", letters == same and not set(letters) & set(other), (letters, same, other))
accents = json.loads(subprocess.run([PROGRAM, "say", "jarvis", "--json", "--accents", "--samples=3", f"--output={work / 'accents'}"],
                                    env=environment, capture_output=True, text=True).stdout)["clips"]
check("accents_are_spoken_by_kokoro", [clip["engine"] for clip in accents] == ["kokoro"] * 3 and all(clip["text"].startswith("[/") for clip in accents)
      and len({clip["text"] for clip in accents}) > 1, accents)


def train(folder, *options):
    """(bytes of the model, report) of a training too small to be good."""
    out = subprocess.run([PROGRAM, "train", "jarvis", "--json", f"--data-dir={work / folder}", "--preset=draft", "--samples=60", "--training-steps=20",
                          *options], env={**environment, "WAKESMITH_KOKORO_CROP": "1"}, capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr)
    last = max((work / folder / "output").iterdir())  # their names begin with the time
    return (last / "jarvis.tflite").read_bytes(), json.loads((last / "jarvis.report.json").read_text())


few = "--neural=6", "--accents=4", "--near-neural=4"
bytes_1, report = train("train1", *few, "--threads=1")
bytes_3, _ = train("train3", *few, "--threads=3")
mix = report["speech"]
check("a_training_with_neural_voices_gives_the_same_bytes", bytes_1 == bytes_3)
check("the_report_tells_the_mix", mix["neural"]["clips"] == 6 and mix["accents"]["clips"] == 4 and mix["near_neural"]["clips"] == 4
      and abs(mix["words"]["share"] + mix["neural"]["share"] + mix["accents"]["share"] - 1) < 1e-6
      and set(mix["accents"]["engines"]) == {"kokoro"} and set(mix["neural"]["engines"]) <= {"kokoro", "piper"}
      and set(mix["words"]["engines"]) <= {"espeak-ng", "flite"}, mix)
_, old = train("train1", "--neural=0", "--accents=0", "--near-neural=0")
check("neural_voices_can_be_left_out", not {"neural", "accents", "near_neural"} & set(old["speech"]), old["speech"])
without = subprocess.run([PROGRAM, "say", "jarvis", f"--output={work}", "--samples=2", "--neural", "--json"], capture_output=True, text=True,
                         env={**environment, "WAKESMITH_VOICES": "/nonexistent"})
check("without_neural_voices_the_others_speak", without.returncode == 0 and len(json.loads(without.stdout)["clips"]) == 2, without.stderr)
shutil.rmtree(work)
finish()
