"""The public data sets of the reference, brought from a server on this machine that cuts, changes its mind and loses files."""
import concurrent.futures
import http.server
import io
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import wave
import zipfile

from common import PROGRAM, check, finish, noise, serve

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-published-"))
rng = random.Random(1)


def packed(members, kind="zip"):
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def features(name):
    return packed({f"{name}/training/{i}_mmap/{part}.ninja": rng.randbytes(40) for i in range(3) for part in ("data", "starts", "ends")})


FILES = {f"{name}.zip": features(name) for name in ("speech", "dinner_party", "no_speech", "dinner_party_eval")}
FILES["MIT_RIR_Audio.zip"] = packed({f"Audio/h{i:03}.wav": noise(rng, 0.1, 32000) for i in range(20)} | {"Audio/readme.txt": b"x"})
FILES["fma_xs.zip"] = packed({f"fma/{i}.wav": noise(rng, 0.2) for i in range(3)} | {"fma/broken.mp3": b"no sound", "../up.wav": noise(rng, 0.1)})
for tar in range(10):
    FILES[f"bal_train0{tar}.tar"] = packed({f"audio/bal/{tar}_{i}.wav": noise(rng, 0.1) for i in range(2)}, "tar")


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cut, gone, asked, tag = {}, set(), [], '"one"'
    careless = False  # knows no If-Range

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.strip("/").split("/")[-1]
        Hub.asked.append((self.path, self.headers.get("Range")))
        body = FILES.get(name)
        if body is None or name in Hub.gone:
            self.send_response(404), self.send_header("Content-Length", "0"), self.end_headers()
            return
        begin = 0
        if self.headers.get("Range") and (Hub.careless or self.headers.get("If-Range") == Hub.tag):
            begin = int(self.headers["Range"][6:].split("-")[0])
        if begin >= len(body):
            self.send_response(416), self.send_header("Content-Range", f"bytes */{len(body)}")
            self.send_header("Content-Length", "0"), self.end_headers()
            return
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
        self.send_header("ETag", Hub.tag)
        self.send_header("Content-Length", str(len(body) - begin))
        self.end_headers()
        end = Hub.cut.pop(self.path, len(body))
        self.wfile.write(body[begin:end])
        if end < len(body):
            self.close_connection = True
            self.connection.close()


server, hub = serve(Hub)
mirror = f"{hub}/some/where"
environment = {**os.environ, "no_proxy": "127.0.0.1"}


def setup(*words, data="data", wait=True):
    line = [PROGRAM, "setup_training_datasets", f"--data-dir={root / data}", f"--mirror={mirror}", *words]
    if not wait:
        return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, env=environment)


sets = root / "data/training_datasets"
run = setup()
check("all_sets_are_brought", run.returncode == 0, run.stdout + run.stderr)
check("in_the_order_and_words_of_the_reference", [line for line in run.stdout.splitlines() if line.startswith(("=", "   "))][:5] == [
    "===== Setting up Training Datasets =====", "===== Checking negative datasets: dinner_party dinner_party_eval no_speech speech =====",
    "   dinner_party is not there", "   Downloading dinner_party", "   Unzipping dinner_party"] and
    all(text in run.stdout for text in ("   Negative datasets complete", "   MIT_RIR complete", "   Audioset complete", "   FMA complete",
                                        "   Untarring bal_train09.tar", "Training dataset setup  Elapsed time: 0:00")), run.stdout)
check("features_lie_where_the_reference_has_them", len(list(sets.glob("negative_datasets/speech/training/*_mmap/*.ninja"))) == 9 and
      not list(sets.glob("negative_datasets/.*")))
check("audio_is_converted", sorted(p.name for p in sets.glob("fma_16k/*")) == ["0.wav", "1.wav", "2.wav", "fma_corrupted_files.log"] and
      len(list(sets.glob("audioset_16k/*.wav"))) == 20 and wave.open(str(sets / "mit_rirs_16k/h003.wav")).getframerate() == 16000)
check("what_could_not_be_read_is_listed", "broken.mp3:" in (sets / "fma_16k/fma_corrupted_files.log").read_text())
check("nothing_comes_out_elsewhere", not list(root.rglob("up.wav")))
check("markers_are_where_the_reference_looks", sorted((sets / "downloads/negative_filecount").read_text().split()) == [
    "dinner_party:9", "dinner_party_eval:9", "no_speech:9", "speech:9"] and (sets / "downloads/mit_rir_filecount").read_text() == "mit_rirs_16k:20\n")
asked = len(Hub.asked)
run = setup()
check("what_is_there_is_not_brought_again", run.returncode == 0 and len(Hub.asked) == asked and run.stdout.count("Existing ") == 7, run.stdout)

for path in sorted(sets.glob("mit_rirs_16k/*.wav"))[:2]:  # a tenth
    path.unlink()
run = setup("--offline")
check("B15_deleted_files_are_detected", run.returncode == 1 and "MIT_RIR has 18 files of 20" in run.stdout and "MIT_RIR" in run.stderr, run.stdout)
run = setup()
check("B15_and_made_again_without_the_network", run.returncode == 0 and len(Hub.asked) == asked and
      len(list(sets.glob("mit_rirs_16k/*.wav"))) == 20, run.stdout)
victim = sets / "negative_datasets/speech/training/1_mmap/data.ninja"
victim.write_bytes(victim.read_bytes()[:-1])
run = setup("--offline")
check("B15_a_file_that_is_cut_is_detected", run.returncode == 1 and "speech" in run.stderr, run.stdout)
check("B15_and_repaired", setup().returncode == 0 and victim.stat().st_size == 40)

# What came first is trusted; other bytes under the same name are not.
good = FILES["no_speech.zip"]
shutil.rmtree(sets / "negative_datasets/no_speech")
(sets / "downloads/no_speech.zip").unlink()
FILES["no_speech.zip"] = features("no_speech")
run = setup()
check("other_bytes_than_at_first_are_refused", run.returncode == 1 and "no_speech" in run.stderr and "trusted.json" in run.stdout and
      not (sets / "negative_datasets/no_speech").exists(), run.stdout + run.stderr)
FILES["no_speech.zip"] = good
check("and_taken_when_they_are_the_same_again", setup().returncode == 0)
run = setup("--cleanup-archives", "--cleanup-intermediate-files")
check("archives_and_sources_are_cleaned_up", run.returncode == 0 and not list(sets.glob("downloads/*.zip")) + list(sets.glob("downloads/*.tar")) and
      not (sets / "fma").exists() and (sets / "fma_16k/0.wav").exists(), run.stdout)

# B16: cut at every 1,000th offset; it goes on where it was.
name = "MIT_RIR_Audio.zip"
size = len(FILES[name])


def one(data, way="some/where", wait=True):
    line = [PROGRAM, "datasets", "fetch", "MIT_RIR", f"--data-dir={root / data}", f"--mirror={hub}/{way}"]
    if not wait:
        return subprocess.Popen(line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, env=environment)


def cut_once(at):
    """Whole after one cut: the second request asks for the rest."""
    path = f"/cut/{at}/{name}"
    Hub.cut[path] = at
    run = one(f"cut{at}", f"cut/{at}")
    shutil.rmtree(root / f"cut{at}")
    return run.returncode == 0 and [r for p, r in Hub.asked if p == path] == [None, f"bytes={at}-"]


cuts = range(1000, size, 1000)
with concurrent.futures.ThreadPoolExecutor(16) as pool:  # they wait most of the time
    arrived = list(pool.map(cut_once, cuts))
check("B16_cut_at_every_1000th_offset_it_arrives", all(arrived) and len(arrived) > 100, [at for at, good in zip(cuts, arrived) if not good])
archive = root / "tags/training_datasets/downloads" / name
Hub.cut[f"/tags/{name}"] = size // 2
child = one("tags", "tags", wait=False)
while Hub.cut or not pathlib.Path(f"{archive}.part").exists():
    time.sleep(0.01)
time.sleep(0.2)
child.kill(), child.wait()
Hub.tag = '"two"'
run = one("tags", "tags")
check("B16_another_file_is_not_glued_to_the_half_of_one", run.returncode == 0 and archive.read_bytes() == FILES[name] and
      not list(archive.parent.glob("*.etag")), run.stderr)
# Half of another file lies there, and a server that does not look at If-Range gives the rest of its own.
careless = root / "careless/training_datasets/downloads"
careless.mkdir(parents=True)
(careless / f"{name}.part").write_bytes(b"\0" * (size // 2)), (careless / f"{name}.etag").write_text('"one"')
Hub.careless = True
run = one("careless", "careless")
Hub.careless = False
check("B16_a_server_without_If_Range_does_not_mix_two_files", run.returncode == 0 and (careless / name).read_bytes() == FILES[name] and
      [r for p, r in Hub.asked if p == f"/careless/{name}"] == [f"bytes={size // 2}-", None], run.stderr)
# All of it came, and the power went before it had its name: nothing comes twice.
late = root / "late/training_datasets/downloads"
late.mkdir(parents=True)
(late / f"{name}.part").write_bytes(FILES[name]), (late / f"{name}.etag").write_text(Hub.tag)
run = one("late", "late")
check("B16_416_of_a_part_that_is_whole_ends_it", run.returncode == 0 and [r for p, r in Hub.asked if p == f"/late/{name}"] == [f"bytes={size}-"] and
      sorted(p.name for p in late.iterdir() if p.name.startswith(name)) == [name], run.stderr)
# A server whose file is cut itself: that is no archive, and it is not believed when the server has it whole again.
whole, FILES[name] = FILES[name], FILES[name][:size // 2]
run = one("half")
half = root / "half/training_datasets"
check("B16_half_an_archive_is_told", run.returncode == 1 and f"{name} cannot be unpacked" in run.stderr and not (half / "mit_rirs_16k").exists() and
      not (half / "downloads" / name).exists(), run.stderr)
FILES[name] = whole
run = one("half")
check("B16_and_brought_anew_when_it_is_whole", run.returncode == 0 and len(list(half.glob("mit_rirs_16k/*.wav"))) == 20, run.stderr)

# B13: kills at 20 moments; then whole.
for kill in range(20):
    child = setup(data="killed", wait=False)
    time.sleep(0.02 + 0.02 * kill)
    child.send_signal(signal.SIGKILL)
    child.wait()
run = setup(data="killed")


def content(place):
    return {str(p.relative_to(place)): p.read_bytes() for p in sorted(place.rglob("*")) if p.is_file() and p.suffix in (".wav", ".ninja")
            and "_16k" in str(p) + "_16k" * ("negative" in str(p))}


check("B13_after_20_kills_all_is_there", run.returncode == 0 and content(root / "killed/training_datasets") == content(sets), run.stdout)

# B14: what cannot be brought is named, and the rest is there.
Hub.gone = {"fma_xs.zip", "bal_train03.tar"}
run = setup(data="gone")
check("B14_what_is_gone_fails_the_command", run.returncode == 1 and "audioset, FMA" in run.stderr and "404" in run.stdout, run.stdout + run.stderr)
check("B14_and_the_rest_is_there", (root / "gone/training_datasets/mit_rirs_16k/h001.wav").exists() and
      not (root / "gone/training_datasets/audioset_16k").exists())
Hub.gone = set()
run = setup("--json", data="gone")
events = [json.loads(line) for line in run.stderr.splitlines()]
check("events_tell_the_rest", run.returncode == 0 and events[0]["event"] == "begin" and events[-1]["event"] == "finished" and
      any(e["event"] == "progress" for e in events), run.stderr)
run = one("data")
check("datasets_fetch_brings_the_same_sets", run.returncode == 0 and "20 files" in run.stdout, run.stdout + run.stderr)
server.shutdown()
shutil.rmtree(root)
finish()
