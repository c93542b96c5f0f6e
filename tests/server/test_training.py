"""Real trainings through the server: stopped in every stage, the server killed, a terminal beside it, stages that fail."""
import hashlib
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import urllib.parse

import fakes
from common import noise
from packages import deb, stand_ins
from serve import PROGRAM, Server, check, finish, samples_of, wav

SMALL = ("--samples=120", "--training-steps=300", "--seeds=1")
small = fakes.small_program(*SMALL)


def model_hash(server):
    models = sorted(server.data.glob("output/*/hey_jarvis.tflite"))
    return hashlib.sha256(models[-1].read_bytes()).hexdigest() if models else None


# ---- what is heard before is what is trained on (B43) -----------------------------------------------------------------
server = fakes.Server(small)
answer = server.post("/api/preview", {"phrase": "hey jarvis", "clips": 3})
check("a_preview_in_an_empty_folder", answer.status == 200 and len(answer.json["clips"]) == 3
      and all(clip["voice"] and clip["engine"] and clip["text"] == "hey jarvis" for clip in answer.json["clips"]), answer)
clips = [server.get(clip["url"]) for clip in answer.json["clips"]]
check("clips_are_audio", all(clip.headers["Content-Type"] == "audio/wav" for clip in clips))
began = time.time()
check("the_same_again_is_there", server.post("/api/preview", {"phrase": "hey jarvis", "clips": 3}).json == answer.json
      and time.time() - began < 0.5)
changed = server.post("/api/preview", {"phrase": "hey jarvis", "phonemes": "/hˈaɪ dʒˈɑːvɪs/", "clips": 3})
check("a_preview_of_phonemes", {clip["text"] for clip in changed.json["clips"]} == {"[[h|'aI dZ|'A:|v|I|s]]"}
      and changed.json["clips"][0]["url"] != answer.json["clips"][0]["url"], changed)
check("a_preview_of_what_is_no_phoneme", server.post("/api/preview", {"phrase": "hey jarvis", "phonemes": "/dʒ☃/"}).status in (400, 409)
      and "☃" in server.post("/api/preview", {"phrase": "hey jarvis", "phonemes": "/dʒ☃/"}).json["error"])
told = server.get("/api/hints?phrase=hey%20jarvis&phonemes=" + urllib.parse.quote("/hˈaɪ xˈɑːvɪs/")).json
check("hints_of_phonemes", told["phonemes"] == "hˈaɪ xˈɑːvɪs" and told["mute"] == "flite" and told["id"] == "hey_jarvis", told)
check("hints_say_what_is_no_phoneme", "☃" in server.get("/api/hints?phrase=a&phonemes=" + urllib.parse.quote("/dʒ☃/")).json["missing"])
check("hints", server.get("/api/hints?phrase=hey%20jarvis").json["phonemes"] and server.get("/api/hints?phrase=-x").status == 200)
check("russian", server.get("/api/hints?phrase=%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82%20%D0%B4%D0%BE%D0%BC").json["language"] == "ru")
(server.data / "voices/kokoro").mkdir(parents=True)
(server.data / "voices/kokoro/model.onnx").write_bytes(b"")
lacking = Server(environment={"WAKESMITH_VOICES": str(server.data / "voices"), "WAKESMITH_ONNXRUNTIME": ""})
for way in ("tells", "tells_again"):
    answer = lacking.post("/api/preview", {"phrase": "hey jarvis", "clips": 2})
    check(f"a_preview_{way}_which_voices_it_lacks", "voices fetch onnxruntime" in answer.json["notice"] and len(answer.json["clips"]) == 2
          and lacking.get(answer.json["clips"][1]["url"]).status == 200, answer)
lacking.stop()

# ---- the data set debian, offered and brought by a training ----------------------------------------------------------
folder = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-packages-"))
(folder / "debs").mkdir()
deb(folder / "debs", "klettres-data", {"./usr/share/klettres/ru/b.ogg": noise(random.Random(1), 36)})
stand_ins(folder / "debs", folder / "bin")
with_apt = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
alone = Server(None, "--offline", environment=with_apt)
check("offline_nothing_is_offered", alone.get("/api/datasets").json == {"ok": True, "sets": [], "debian": None})
alone.stop()
fetching = Server(environment=with_apt)
size = next((folder / "debs").iterdir()).stat().st_size
check("a_set_is_offered_with_its_size", fetching.get("/api/datasets").json["debian"]["download_bytes"] == size)
fetching.post("/api/start_session", {"phrase": "hey jarvis"})
fetching.post("/api/train", {"allow_no_personal": True, "preset": "draft", "fetch": True})
seen = []
state = {"running": True}
while state["running"] and "generate" not in seen:
    state = fetching.get("/api/train_status").json["training"]
    seen.append(state["stage"])
    time.sleep(0.05)
fetching.post("/api/train/cancel", {})
told = fetching.get("/api/datasets").json
check("a_training_brings_it_first", "datasets" in seen and [row["name"] for row in told["sets"]] == ["debian"] and
      abs(told["sets"][0]["speech_hours"] - .01) < .0011, (seen, told))
fetching.stop()
presets = {preset["name"]: preset for preset in server.get("/api/presets").json["presets"]}
check("times_are_estimates_at_first", presets["standard"]["seconds"] > presets["draft"]["seconds"] > 1
      and not presets["draft"]["measured"], presets)

# ---- to the end, the server killed on the way -------------------------------------------------------------------------
server.train("hey jarvis")
server.events(until=lambda event, data: event == "training" and data["stage"] == "generate")
seen = server.status(0)
server.stop(kill=True)
server.start()
status = server.status(0)
check("found_after_a_kill", status["running"] and status["job"] == seen["job"] and status["log_text"].startswith(seen["log_text"]), status)
text = server.poll_log(0.2)
status = server.status()
check("trained", status["state"] == "finished" and status["run"] and status["progress"] == 1 and status["metrics"]["step"] == 300, status)
check("the_log_is_small", len(server.log_bytes()) < 50_000 and text.encode() == server.log_bytes(), len(text))
check("the_log_ends_well", server.log_bytes().decode().splitlines()[-1] == f"===== training finished: output/{status['run']} =====")
expected = model_hash(server)
corpus = (server.data / "work/hey_jarvis/wake_word_samples/words.corpus").read_bytes()
for index, clip in enumerate(clips):
    heard = samples_of(clip.body)
    check(f"clip_{index}_is_sample_{index}", struct.pack(f"<{len(heard)}h", *heard) in corpus)
check("clip_0_is_the_first", corpus[64:].startswith(struct.pack(f"<{len(samples_of(clips[0].body))}h", *samples_of(clips[0].body))))
curves = server.get("/api/training/curves").json
check("curves", curves["loss"][-1][0] == 300 and curves["loss"][-1][1] < curves["loss"][0][1] and curves["judged"], curves["loss"][-1:])
server.stop()

# ---- stopped in every stage, goes on, same bytes (B34) --------------------------------------------------------------------
server = fakes.Server(small)
for stage in ("generate", "augment", "train", "export"):
    server.train("hey jarvis")
    server.events(until=lambda event, data: event == "training" and (data["stage"] == stage or not data["running"]))
    began = time.time()
    asked = server.post("/api/train/cancel")
    status = server.over()
    check(f"stops_in_{stage}", status["state"] == "cancelled" and status["resumable"] and status["exit_code"] == 2
          or (stage == "export" and status["state"] == "finished"), status)
    check(f"within_5_s_in_{stage}", time.time() - began < 5, time.time() - began)
server.train("hey jarvis")
check("goes_on_to_the_same_bytes", server.over(120)["state"] == "finished" and model_hash(server) == expected, server.status())
told = server.get("/api/training/curves").json
check("curves_of_a_resumed_training_are_whole", [point[0] for point in told["loss"]] == [point[0] for point in curves["loss"]], (told, curves))
began = time.time()
server.train("hey jarvis", restart=True)
check("restart_trains_again", server.over(120)["state"] == "finished" and model_hash(server) == expected
      and "300 steps" in server.log_bytes().decode())

# ---- a terminal beside it (B24) ------------------------------------------------------------------------------------------
server.train("hey jarvis", restart=True)
server.events(until=lambda event, data: event == "training" and (data["stage"] or not data["running"]))  # until it has the lock
terminal = subprocess.run([PROGRAM, "train", "hey jarvis", "--preset=draft", f"--data-dir={server.data}"], capture_output=True, text=True)
check("a_terminal_is_refused", terminal.returncode == 1 and "already running" in terminal.stderr, terminal.stderr)
server.over()
terminal = subprocess.Popen([PROGRAM, "train", "good morning", "--preset=draft", "--samples=120", "--training-steps=20000",
                             f"--data-dir={server.data}"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
end = time.time() + 10
while time.time() < end and server.status()["by"] != "command line":
    time.sleep(0.1)
status = server.status()
check("a_terminals_training_is_seen", status["running"] and status["by"] == "command line" and status["safe_word"] == "good_morning"
      and "good morning" in status["log_text"], status)
check("and_by_its_number", status["process"] == terminal.pid, status)
heard = server.events(until=lambda event, data: event == "log" and data["offset"] > 0, seconds=30)
check("and_its_log_streams", heard[-1][1] == "log" and heard[-1][2]["text"].endswith("\n"), heard[-1])
heard = server.events(until=lambda event, data: event == "training" and data["progress"] > 0, seconds=60)[-1][2]
check("and_how_far_it_is", heard["by"] == "command line" and heard["progress"] > 0 and heard["phrase"] == "good morning"
      and heard["preset"] == "draft" and 0 < heard["elapsed_s"] < 300, heard)
heard = server.events(until=lambda event, data: event == "metric", seconds=240)
curve = server.get("/api/training/curves").json
check("and_its_curves_grow", heard[-1][1] == "metric" and curve["steps"] == 20000 and curve["loss"], curve)
answer = server.train()
check("and_lets_no_other_start", answer.status == 409 and answer.json["code"] == "TRAINING_RUNNING"
      and str(terminal.pid) in answer.json["message"], answer)
check("nor_be_cancelled_here", server.post("/api/train/cancel").status == 409 and terminal.poll() is None)
terminal.send_signal(signal.SIGINT)
terminal.wait()
end = time.time() + 10
while time.time() < end and server.status()["running"]:
    time.sleep(0.1)
check("gone_when_it_is", server.status()["by"] == "server" and not server.status()["running"])

# ---- every stage that fails says why, in the log and in the status (B26) ---------------------------------------------------
for stage, path in (("speech", "work/{0}/wake_word_samples/words.corpus/x"), ("features", "work/{0}/wake_word_samples_augmented/hush.features/x"),
                    ("train", "work/{0}/trained_models/seed-0.ckpt/x"), ("export", "output")):
    word = "broken " + stage
    place = server.data / path.format(word.replace(" ", "_"))
    if stage == "export":
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("in the way")
    server.train(word)
    status = server.over(120)
    last = server.log_bytes().decode().splitlines()[-1]
    check(f"a_failure_in_{stage}_is_told", status["state"] == "failed" and status["exit_code"] == 1 and len(status["reason"]) > 10
          and status["reason"] in last, (status["state"], status["reason"], last))
    server.stop()
    server.start()
    check(f"and_remembered_{stage}", server.status()["reason"] == status["reason"])
server.stop()

# ---- takes of people ------------------------------------------------------------------------------------------------------------
server = fakes.Server(fakes.fake_program())
server.session("fails")
word = [int(9000 * ((i // 40 % 2) * 2 - 1)) if 4000 < i < 16000 else 0 for i in range(20000)]
for take in (1, 2, 3):
    answer = server.train("fails", allow_no_personal=False)
    check(f"{take - 1}_takes_are_too_few", answer.status == 400 and answer.json["code"] == ("NOT_ENOUGH_TAKES" if take > 1 else "NO_PERSONAL_SAMPLES"), answer)
    server.form("/api/upload_take", speaker_index=1, take_index=take, file=("take.wav", wav(word)))
answer = server.train("fails", allow_no_personal=False)
check("3_takes_are_enough", answer.status == 200 and answer.json["personal_samples_used"] is True, answer)
server.over()

# ---- times of earlier runs -------------------------------------------------------------------------------------------------------
for index, seconds in enumerate((100.0, 300.0, 200.0)):
    run = server.data / "output" / f"2026-01-0{index + 1}-x-900-1600"
    run.mkdir(parents=True)
    draft = presets["draft"]
    (run / "x.report.json").write_text(fakes.json.dumps({"seconds": seconds, "options": {
        "preset": "draft", "samples": draft["clips"], "training_steps": draft["steps"], "seeds": draft["seeds"]}}))
found = {preset["name"]: preset for preset in server.get("/api/presets").json["presets"]}
check("the_median_of_earlier_runs", found["draft"]["seconds"] == 200 and found["draft"]["measured"] and not found["standard"]["measured"], found)
server.stop()
finish()
