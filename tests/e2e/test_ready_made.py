"""The public ready-made negative sets, in their published layout, train and measure without being asked for."""
import json
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import wave

from common import PROGRAM, check, finish, run

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-ready-"))
data, rng = root / "data", random.Random(1)
sets = data / "training_datasets" / "negative_datasets"


def noise(name, seconds):
    """Noise whose loudness wanders, as a wav."""
    samples, level = [], 1000.0
    for i in range(int(seconds * 16000)):
        if i % 1600 == 0:
            level = min(8000.0, max(50.0, level * rng.uniform(0.5, 2)))
        samples.append(int(rng.uniform(-level, level)))
    with wave.open(str(root / name), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return root / name


def train(*more):
    return subprocess.run([PROGRAM, "train", "hey jarvis", "--preset=draft", "--samples=60", "--training-steps=60", f"--data-dir={data}",
                           *more], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def report():
    return json.loads(sorted(data.glob("output/*/hey_jarvis.report.json"))[-1].read_text())


clips = [noise(f"{i}.wav", 3) for i in range(4)]
plain = train()
check("without_sets_it_trains", plain.returncode == 0, plain.stderr[-500:])
before = report()
check("without_sets_the_report_lists_none", before["ready_made"] == [])

for name in ("speech", "dinner_party", "no_speech"):
    run("features", *clips, "-o", sets / name / "training" / "part1" / f"{name}_mmap")
run("features", noise("long.wav", 40), "-o", sets / "dinner_party_eval" / "validation_ambient" / "dinner_mmap")
result = train()
check("with_sets_it_trains", result.returncode == 0, result.stderr[-500:])
after = report()
found = {entry["name"]: entry for entry in after["ready_made"]}
check("the_report_names_them", list(found) == ["speech", "dinner_party", "no_speech", "dinner_party_eval"], str(found))
check("the_report_has_their_hours", abs(found["speech"]["hours"] - 12 / 3600) < 3e-4 and found["speech"]["items"] == 4
      and abs(found["dinner_party_eval"]["measured_hours"] - 40 / 3600) < 3e-4 and found["dinner_party_eval"]["hours"] == 0, str(found))
check("ambient_sets_measure", abs(after["held_out"]["real_hours"] - 40 / 3600) < 3e-4
      and after["held_out"]["hours"] > before["held_out"]["hours"], str(after["held_out"]))
parameters = sorted(data.glob("output/*/training_parameters.yaml"))[-1]
text = parameters.read_text()
check("the_parameters_lie_beside_the_model", (parameters.parent / "hey_jarvis.tflite").exists() and str(sets / "no_speech") in text
      and "words.features" in text and "held_words.features" in text and text == (data / "work/hey_jarvis/trained_models" / parameters.name).read_text())
again = subprocess.run([PROGRAM, "fit", f"--training_config={parameters}", "mixednet", "--pointwise_filters=64,64,64,64",
                        "--mixconv_kernel_sizes=[5],[7,11],[9,15],[23]", "--first_conv_kernel_size=5", "--stride=3"], capture_output=True, text=True)
check("the_framework's_way_trains_from_them", again.returncode == 0 and "average viable recall" in again.stdout, again.stderr[-500:])
check("they_are_part_of_the_signature", after["signatures"]["training"] != before["signatures"]["training"]
      and after["signatures"]["features"] == before["signatures"]["features"])

# One changed value of the same size is another set; a set that is damaged is named.
target = sets / "no_speech" / "training" / "part1" / "no_speech_mmap" / "data.ninja"
content = bytearray(target.read_bytes())
content[1000] ^= 1
target.write_bytes(content)
check("a_changed_set_trains_anew", train().returncode == 0 and report()["signatures"]["training"] != after["signatures"]["training"])
(target.parent / "ends" / "data.ninja").write_bytes(struct.pack("<4q", 400, 300, 200, 1 << 40))
broken = train()
check("a_damaged_set_is_named", broken.returncode == 1 and "no_speech" in broken.stderr and "again" in broken.stderr, broken.stderr)
shutil.rmtree(root)
finish()
