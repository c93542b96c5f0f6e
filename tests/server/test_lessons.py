"""Rows of the list of other trainers' defects that no other test names: a data directory as an interrupted set-up leaves it
(B25), finished models that stay as they are (B6), one source for the port (B37)."""
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile

from serve import PROGRAM, Server, check, finish

SMALL = ["--preset=draft", "--samples=60", "--training-steps=60"]
SOURCE = pathlib.Path(os.environ["WAKESMITH_SOURCE"])


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def fingerprint(folder):
    return {str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


data = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith lessons "))
for folder in ("personal_samples/jarvis/originals", "negative_samples/jarvis", "captured_audio", "trash/nothing", "work/jarvis/publish",
               "work/jarvis/wake_word_samples", "work/jarvis/wake_word_samples_augmented", "work/jarvis/trained_models", "work/.sounds",
               "work/.jobs/20260101-000000-000-jarvis", "work/.previews/abc", "output/2026-01-01-00-00-00-jarvis-1-1", "tls", "tmp"):
    (data / folder).mkdir(parents=True)
for name in ("personal_samples/jarvis/speaker01_take01.json", "work/jarvis/wake_word_samples/words.corpus", "work/.lock",
             "work/jarvis/wake_word_samples/words.corpus.signature", "work/jarvis/wake_word_samples_augmented/words.features",
             "work/jarvis/wake_word_samples_augmented/words.features.signature", "work/jarvis/trained_models/seed-0.ckpt",
             "work/.jobs/20260101-000000-000-jarvis/job.json", "work/.jobs/20260101-000000-000-jarvis/events", "work/.speed.json",
             "output/2026-01-01-00-00-00-jarvis-1-1/jarvis.json", "recorder_session.json", ".mww-data-dir"):
    (data / name).write_bytes(b"")
old = data / "output"
(old / "a.tflite").write_bytes(b"an older model")
(old / "a.json").write_text('{"wake_word": "A"}')
before = {name: print_ for name, print_ in fingerprint(old).items() if "/a." in name}

server = Server(data)
check("B25_a_half_made_folder_opens", server.get("/api/session").status == 200 and server.get("/api/data").status == 200
      and server.get("/api/samples?wake_word=jarvis").status == 200 and server.get("/api/train_status").status == 200)
check("B25_and_shows_no_model_that_is_none", server.get("/api/models").json["models"] == [], server.get("/api/models"))
server.stop()
trained = run("train", "jarvis", *SMALL, f"--data-dir={data}")
check("B25_and_trains", trained.returncode == 0, trained.stderr)
spoken = fingerprint(data / "work/.sentences")
trained = run("train", "hey jarvis", *SMALL, f"--data-dir={data}")
check("sentences_are_spoken_once_for_all_words", len(spoken) == 4 and fingerprint(data / "work/.sentences") == spoken, spoken)
after = fingerprint(old)
check("B6_an_older_model_stays_as_it_is", len(before) == 2 and trained.returncode == 0 and all(after.get(name) == print_ for name, print_ in before.items()),
      trained.stderr)
runs = sorted(path.name for path in old.iterdir() if (path / "jarvis.tflite").is_file() or (path / "hey_jarvis.tflite").is_file())
check("B6_each_run_has_its_own_name", len(runs) == 2 and runs[0].endswith("-jarvis-60-60") and runs[1].endswith("-hey_jarvis-60-60"), runs)

port, device = (re.search(rf"{name} = (\d+)", (SOURCE / "src/server/server.h").read_text())[1] for name in ("SERVER_PORT", "SERVER_DEVICE_PORT"))
told = run("serve", "--help").stdout
check("B37_the_help_tells_the_ports", f"({port}," in told and f"({device})" in told, told)
manual = run("man").stdout
check("B37_and_the_manual", f"({port}," in manual and f"({device})" in manual)
check("B37_and_the_README_the_same", f"localhost:{port}" in (SOURCE / "README.md").read_text() and f"port {device}" in (SOURCE / "README.md").read_text())
for name, marks in (("Dockerfile", f"EXPOSE {port} {device}\n"), ("compose.yaml", f'- "{port}:{port}"\n      - "{device}:{device}"\n')):
    check(f"B37_and_the_{name}", marks in (SOURCE / "packaging" / name).read_text())
unit = (SOURCE / "debian/wakesmith.service").read_text() + (SOURCE / "debian/wakesmith.default").read_text()
check("B37_and_the_unit_has_no_port_of_its_own", "wakesmith serve $WAKESMITH_OPTIONS\n" in unit and not re.search(r"port|\d{4}", unit, re.I), unit)
check("B37_and_the_volume_is_the_same", "DATA_DIR=/data" in (SOURCE / "packaging/Dockerfile").read_text()
      and "VOLUME /data\n" in (SOURCE / "packaging/Dockerfile").read_text() and ":/data\n" in (SOURCE / "packaging/compose.yaml").read_text())
finish()
