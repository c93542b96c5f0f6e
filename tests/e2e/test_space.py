"""A disk without room: told before the work; one that becomes full in the middle: a sentence, and the next run succeeds.

On a small tmpfs, which only root may mount; the test skips elsewhere.
"""
import http.server
import io
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import wave
import zipfile

from common import PROGRAM, check, finish, skip

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-space-"))
small = root / "small"
small.mkdir()
# In a mount namespace of its own, the test is run again: nothing stays mounted, whatever happens.
if "--inside" not in sys.argv:
    if subprocess.run(["unshare", "-mn", "true"], capture_output=True).returncode:
        skip("no mount namespaces")
    sys.exit(subprocess.run(["unshare", "-m", sys.executable, __file__, "--inside"]).returncode)


def mount(megabytes):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", small], capture_output=True).returncode:
        skip("no tmpfs")


def train(samples=50):
    return subprocess.run(["unshare", "-n", PROGRAM, "train", "hey jarvis", "--preset=draft", f"--samples={samples}", "--training-steps=20", "--seeds=1",
                           f"--data-dir={small / 'data'}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)


def sentence(run, *says):
    lines = [line for line in run.stderr.splitlines() if line.startswith("wakesmith train: ")]
    return run.returncode == 1 and len(lines) == 1 and all(text in lines[0] for text in says)


mount(20)
run = train()
check("too_little_room_is_told_before_the_work", sentence(run, str(small / "data"), "MB are free", "needs about", "--data-dir") and
      not list(small.glob("data/work/*/wake_word_samples/*")), run.stderr)
subprocess.run(["umount", small], check=True)

# Enough for the check; something else fills the disk, all but a little, so that it ends in one stage after the other.
mount(96)
stuffing = small / "stuffing"
reached = []
for left in (2, 8, 14):
    log = small / "data/work/hey_jarvis/training.log"
    before = log.stat().st_size if log.exists() else 0
    process = subprocess.Popen([PROGRAM, "train", "hey jarvis", "--preset=draft", "--samples=50", "--training-steps=20", "--seeds=1",
                                f"--data-dir={small / 'data'}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (log.exists() and log.stat().st_size > before):
        time.sleep(0.01)
    with open(stuffing, "wb") as file:  # sparse files take no room: written
        try:
            for _ in range(max(0, shutil.disk_usage(small).free // 2**20 - left)):
                file.write(bytes(2**20))
                file.flush()
        except OSError:
            pass
    out, err = process.communicate(timeout=600)
    run = subprocess.CompletedProcess([], process.returncode, out, err)
    halves = [path for path in small.glob("data/output/*/") if not (path / "hey_jarvis.json").is_file()]
    check(f"a_disk_with_{left}_MB_left_ends_in_a_sentence", not halves and (run.returncode == 0 or sentence(run, "small")), run.stderr)
    reached.append(run.returncode)
    stuffing.unlink()
check("the_disk_was_full_in_the_middle", 1 in reached, reached)
run = train()
check("B41_with_room_it_goes_on_and_needs_no_network", run.returncode == 0 and list(small.glob("data/output/*/hey_jarvis.json")), run.stderr)
subprocess.run(["umount", small], check=True)

# A data set: a disk that becomes full leaves no set; with room the same command succeeds.
mount(4)
with wave.open(str(root / "noise.wav"), "wb") as file:
    file.setnchannels(1), file.setsampwidth(2), file.setframerate(16000)
    file.writeframes(random.Random(1).randbytes(8 << 20))
line = [PROGRAM, "datasets", "import", root / "noise.wav", f"--data-dir={small / 'data'}"]
run = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
check("an_import_on_a_full_disk_is_one_sentence", run.returncode == 1 and run.stderr.count("wakesmith datasets: ") == 1 and
      "disk" in run.stderr and not list(small.glob("data/training_datasets/imported/*")), run.stderr)
subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
run = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
check("with_room_it_is_imported", run.returncode == 0 and (small / "data/training_datasets/imported/noise/manifest.json").exists(), run.stderr)
subprocess.run(["umount", small], check=True)
# Downloads: what does not fit is not begun; a server that does not say how much comes fills the disk, and with room it goes on.
zipped = io.BytesIO()
with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:  # 8 MB become 32
    archive.write(root / "noise.wav", "Audio/h.wav")
    archive.writestr("Audio/silence.txt", bytes(24 << 20))
body = zipped.getvalue()
asked = []


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tells = True  # how much comes

    def log_message(self, *_):
        pass

    def do_GET(self):
        asked.append(self.headers.get("Range"))
        begin = int((asked[-1] or "bytes=0-")[6:].split("-")[0])
        self.send_response(206 if begin else 200)
        self.send_header("ETag", '"one"')
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - begin)) if Hub.tells else self.send_header("Connection", "close")
        self.end_headers()
        try:
            self.wfile.write(body[begin:])
        except OSError:
            self.close_connection = True


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()


def fetch():
    line = [PROGRAM, "datasets", "fetch", "MIT_RIR", f"--data-dir={small / 'data'}", f"--mirror=http://127.0.0.1:{server.server_port}"]
    run = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env={**os.environ, "no_proxy": "127.0.0.1"})
    return run, run.returncode == 1 and run.stderr.count("wakesmith datasets: ") == 1


archive = small / "data/training_datasets/downloads/MIT_RIR_Audio.zip"
mount(4)
run, one = fetch()
check("what_the_disk_cannot_hold_is_not_begun", one and "the disk lacks" in run.stderr and archive.with_name(archive.name + ".part").stat().st_size == 0,
      run.stderr)
Hub.tells = False
run, one = fetch()
half = archive.with_name(archive.name + ".part").stat().st_size
check("a_disk_that_a_download_fills_is_told", one and "No space left" in run.stderr and 2 << 20 < half <= 4 << 20, (half, run.stderr))
subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
Hub.tells = True
run, one = fetch()
check("with_room_it_goes_on_where_it_was", asked[-1] == f"bytes={half}-" and archive.read_bytes() == body, (asked, run.stderr))
check("what_would_not_fit_unpacked_is_told_before", one and "the disk with" in run.stderr and archive.name in run.stderr, run.stderr)
subprocess.run(["mount", "-o", "remount,size=80m", small], check=True)
count = len(asked)
run, one = fetch()
check("with_room_it_is_unpacked_and_not_fetched_again", run.returncode == 0 and len(asked) == count, run.stderr)
subprocess.run(["umount", small], check=True)
server.shutdown()
shutil.rmtree(root, ignore_errors=True)
finish()
