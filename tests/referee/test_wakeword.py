"""pymicro-wakeword loads our pair and detects what we detect.

Its rule differs from the device's (no waiting time, its own input scale), so clips are compared one by one as
detected or not, and a few at the edge may differ.
"""
import json
import os
import pathlib
import tempfile

from common import check, finish, need_shared, real_clips, run, skip

try:
    import soundfile
    from pymicro_wakeword import MicroWakeWord, MicroWakeWordFeatures
except ImportError as missing:
    skip(str(missing))

need_shared()
model = pathlib.Path(os.environ.get("WAKESMITH_MODEL", ""))
if not model.is_file():
    skip("no trained model")

clips = real_clips(60, seed=3)
with tempfile.TemporaryDirectory() as folder:
    for path in clips:
        os.symlink(path.resolve(), f"{folder}/{path.parent.name}_{path.name}")
    document = json.loads(run("evaluate", model, "--positives", folder, "--json"))
ours = {pathlib.Path(row["file"]).name: row["detected"] for row in document["positives"]["files"]}

theirs = {}
for path in clips:
    wake, features = MicroWakeWord.from_config(model.with_suffix(".json")), MicroWakeWordFeatures()
    pcm, _ = soundfile.read(path, dtype="int16")
    found = False
    for at in range(0, len(pcm), 160):
        for row in features.process_streaming(pcm[at:at + 160].tobytes()):
            found = bool(wake.process_streaming(row)) or found
    theirs[f"{path.parent.name}_{path.name}"] = found
same = sum(ours[name] == theirs[name] for name in theirs)
print(f"    ours {sum(ours.values())}, theirs {sum(theirs.values())}, same {same} of {len(theirs)}")
check("pymicro_wakeword_detects_what_we_detect", same >= 0.95 * len(theirs) and sum(theirs.values()) >= 5)
finish()
