"""Data sets as a user has them: from Debian's packages, imported, checked, removed; kills, a full disk, hostile archives.

The packages are made here, under the names of real ones, and a stand-in for apt brings them: no network is needed.
"""
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

from common import PROGRAM, check, finish, noise
from packages import deb, stand_ins

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-datasets-"))
rng = random.Random(1)
debs = root / "debs"
debs.mkdir()


speech = {f"./usr/share/codec2/wav/{i}.wav": noise(rng, 0.5 + i / 4) for i in range(6)}
deb(debs, "codec2-examples", {**speech, "./usr/share/codec2/wav/broken.wav": b"RIFF", "./usr/share/codec2/../../../../../../up.wav": noise(rng, 1),
                        "/abs.wav": noise(rng, 1)}, [("./usr/share/codec2/wav/link.wav", "/etc/hostname")])
deb(debs, "klettres-data", {"./usr/share/klettres/pt_BR/a.ogg": noise(rng, 1), "./usr/share/klettres/ru/b.ogg": noise(rng, 2)})  # their content decides
deb(debs, "tuxpaint-data", {f"./usr/share/tuxpaint/sounds/{i}.wav": noise(rng, 1, 22050) for i in range(5)})
music = io.BytesIO()
with zipfile.ZipFile(music, "w") as pk3:
    pk3.writestr("sound/a.ogg", noise(rng, 3))
deb(debs, "nexuiz-music", {"./usr/share/games/nexuiz/data/m.pk3": music.getvalue()})


def datasets(*words, data=root / "data", env=None):
    return subprocess.run([PROGRAM, "datasets", *map(str, words), f"--data-dir={data}"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=300, env={**os.environ, **(env or {})})


def hashes(data=root / "data"):
    return {str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(data.rglob("*")) if path.is_file() and path.name != ".lock"}


def one_sentence(run, *says):
    return run.returncode == 1 and run.stderr.count("wakesmith datasets: ") == 1 and all(text in run.stderr for text in says)


debian = root / "data/training_datasets/debian"
run = datasets("fetch", "debian", "--from", debs, "--json")
check("a_folder_of_packages_becomes_a_set", run.returncode == 0, run.stderr)
facts = json.loads(run.stdout)
check("hours_are_known_by_kind_and_language", set(facts["hours"]) == {"speech", "music", "noise"} and
      set(facts["hours"]["speech"]) == {"en", "pt", "ru"} and abs(facts["hours"]["music"]["-"] * 3600 - 3) < 0.01, run.stdout)
check("damaged_members_are_counted_never_fatal", facts["damaged"] == 1 and "broken.wav" in
      (debian / "packages/codec2-examples.json").read_text(), run.stdout)
check("packages_that_are_not_there_are_named", "flight-of-the-amazon-queen" in facts["missing"], run.stdout)
check("the_licence_lies_beside", (debian / "packages/klettres-data.copyright").read_text() == "free\n")
check("nothing_comes_out_elsewhere", not list(root.rglob("up.wav")) and not pathlib.Path("/abs.wav").exists() and
      not list(root.rglob("link.wav")))
check("nothing_is_left_of_the_work", not list((root / "data").rglob(".unpacked")) and not list((root / "data").rglob("*.part")))
first = hashes()
run = datasets("verify", "debian")
check("a_whole_set_verifies", run.returncode == 0, run.stderr)
run = datasets("fetch", "debian", "--from", debs)
check("fetching_again_changes_nothing", run.returncode == 0 and hashes() == first, run.stderr)

# B15: what is expected comes from the manifest, not from what lies there.
flacs = sorted(debian.rglob("*.flac"))
flacs[0].unlink()
run = datasets("verify", "debian")
check("B15_a_deleted_file_is_detected", one_sentence(run, flacs[0].name), run.stderr)
check("B15_and_told_by_the_list", "not whole" in datasets("list").stdout)
run = datasets("fetch", "debian", "--from", debs)
check("B15_the_next_fetch_repairs_it", run.returncode == 0 and hashes() == first, run.stderr)
content = bytearray(flacs[0].read_bytes())
content[len(content) // 2] ^= 1
flacs[0].write_bytes(content)
run = datasets("verify", "debian")
check("B15_a_flipped_bit_is_detected", one_sentence(run, flacs[0].name, "content"), run.stderr)
check("B15_the_quick_look_sees_sizes_only", datasets("verify", "debian", "--quick").returncode == 0)

# B13: one file is no set. Kills at 20 moments, then the same bytes as without.
killed, took = root / "killed", 0.2
for kill in range(20):
    process = subprocess.Popen([PROGRAM, "datasets", "fetch", "debian", "--from", debs, f"--data-dir={killed}"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(took * kill / 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    part = killed / "training_datasets/debian"
    if (part / "manifest.json").exists():
        check(f"B13_a_manifest_means_whole_{kill}", datasets("verify", "debian", data=killed).returncode == 0)
        shutil.rmtree(killed)
(killed / "training_datasets/debian/speech").mkdir(parents=True, exist_ok=True)
(killed / "training_datasets/debian/speech/half.flac.tmp99").write_bytes(b"half")
run = datasets("fetch", "debian", "--from", debs, data=killed)
check("B13_after_20_kills_the_set_is_the_same", run.returncode == 0 and hashes(killed) == first, run.stderr)

# By apt, whose stand-ins know four packages and bring them with its own sentences on stderr.
stand_ins(debs, root / "bin")
path = f"{root / 'bin'}:{os.environ['PATH']}"
apt = root / "apt"
run = datasets("fetch", "debian", data=apt, env={"PATH": path, "FAILS": "klettres-data", "BREAKS": "tuxpaint-data"})
manifest = json.loads((apt / "training_datasets/debian/manifest.json").read_text())
check("B14_a_package_that_fails_is_told_and_listed", run.returncode == 0 and "klettres-data" in run.stderr and "tuxpaint-data" in run.stderr and
      {"klettres-data", "tuxpaint-data"} <= set(manifest["missing"]), run.stderr)
check("archives_go_when_they_are_converted", not list((apt / "training_datasets/downloads").rglob("codec2*.deb")))
run = datasets("fetch", "debian", "--keep-archives", data=apt, env={"PATH": path})
check("the_next_fetch_brings_what_failed", run.returncode == 0 and hashes(apt)["training_datasets/debian/manifest.json"] ==
      first["training_datasets/debian/manifest.json"], run.stderr)
check("archives_stay_when_wished", [p.name for p in sorted((apt / "training_datasets/downloads").rglob("*.deb"))] ==
      ["klettres-data_1.0_all.deb", "tuxpaint-data_1.0_all.deb"])
none = root / "none"
run = datasets("fetch", "debian", data=none, env={"PATH": path, "FAILS": "klettres-data,codec2-examples,tuxpaint-data,nexuiz-music"})
check("B14_when_nothing_comes_the_command_fails", one_sentence(run, "is the network there"), run.stderr)
for state, value in (("GONE", "1"), ("OLD", "klettres-data,codec2-examples")):
    lists = root / f"lists {state}"
    run = datasets("fetch", "debian", data=lists, env={"PATH": path, state: value})
    check(f"lists_of_packages_that_are_{state.lower()}_are_brought_anew", run.returncode == 0 and "fresh lists" in run.stderr and
          hashes(lists)["training_datasets/debian/manifest.json"] == first["training_datasets/debian/manifest.json"] and
          not (lists / "training_datasets/downloads/.apt").exists(), run.stderr)
check("B14_and_there_is_no_set", not (none / "training_datasets/debian/manifest.json").exists())
run = datasets("fetch", "debian", data=none, env={"PATH": str(root)})
check("without_apt_one_sentence", one_sentence(run, "apt-cache"), run.stderr)

# Imports.
home = root / "our home"
(home / "living room").mkdir(parents=True), (home / "music").mkdir()
(home / "living room/1.wav").write_bytes(noise(rng, 1)), (home / "living room/2.wav").write_bytes(b"no sound")
(home / "music/a.wav").write_bytes(noise(rng, 2))
run = datasets("import", home, "--json")
facts = json.loads(run.stdout)
check("a_folder_is_imported", facts["name"] == "imported/our-home" and set(facts["hours"]) == {"noise", "music"} and facts["damaged"] == 1,
      run.stdout + run.stderr)
with zipfile.ZipFile(root / "talk.zip", "w") as archive:
    archive.writestr("../evil.wav", noise(rng, 1)), archive.writestr("a/b/1.wav", noise(rng, 1)), archive.writestr("readme.txt", "x")
    archive.writestr("кухня/вечер.wav", noise(rng, 2))
run = datasets("import", root / "talk.zip", "--kind=speech", "--lang=de", "--name=Talk", "--json")
facts = json.loads(run.stdout)
check("an_archive_is_imported", list(facts["hours"]) == ["speech"] and list(facts["hours"]["speech"]) == ["de"] and
      facts["damaged"] == 1 and round(3600 * facts["hours"]["speech"]["de"]) == 3 and not list(root.rglob("evil.wav")), run.stdout + run.stderr)
before = hashes()
run = datasets("import", root / "talk.zip", "--kind=speech", "--lang=de", "--name=Talk")
check("importing_again_gives_the_same", run.returncode == 0 and hashes() == before, run.stderr)
with zipfile.ZipFile(root / "none.zip", "w") as archive:
    archive.writestr("readme.txt", "x")
cut = root / "cut.zip"
cut.write_bytes((root / "talk.zip").read_bytes()[:-4000])
names = root / "names.zip"
with zipfile.ZipFile(names, "w") as archive:
    for i in range(30000):
        archive.writestr(f"{i}", b"")
for what, path_, says in (("nothing", root / "nowhere", "no file or folder"), ("no_audio", root / "none.zip", "no audio"),
                          ("many_names", names, "no audio"), ("no_archive", flacs[0].parent / "x.zip", "no file or folder")):
    run = datasets("import", path_, "--name=bad")
    check(f"import_of_{what}_is_one_sentence", one_sentence(run, says), run.stderr)
run = datasets("import", cut, "--name=cut")
check("a_cut_archive_leaves_no_set", run.returncode == 1 and not (root / "data/training_datasets/imported/cut").exists(), run.stderr)
check("a_failed_import_leaves_nothing", [p.name for p in sorted((root / "data/training_datasets/imported").iterdir())] == ["Talk", "our-home"])
for lang in ("../x", "en/..", "EN", "engl", ""):  # it becomes the name of a folder
    check(f"a_language_of_{lang!r}_is_one_sentence", one_sentence(datasets("import", home, f"--lang={lang}", "--name=bad"), "--lang"))
check("an_unknown_kind_is_one_sentence", one_sentence(datasets("import", home, "--kind=words"), "speech, music, noise or rirs"))
check("an_unknown_set_is_one_sentence", one_sentence(datasets("fetch", "all"), "debian"))


SMALL = ("--preset=draft", "--samples=60", "--training-steps=40", "--seeds=1")


def train(*more):
    return subprocess.run([PROGRAM, "train", "hey jarvis", *SMALL, f"--data-dir={root / 'data'}", *more], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)


def report():
    return json.loads(sorted((root / "data").glob("output/*/hey_jarvis.report.json"))[-1].read_text())


flacs[0].write_bytes(content[:-1])
run = train()
card = report()
check("a_set_that_is_not_whole_is_told_and_left_out", run.returncode == 0 and "debian" in run.stderr and
      [s["name"] for s in card["recordings"]["sets"]] == ["imported/Talk", "imported/our-home"] and
      any("debian" in caveat for caveat in card["caveats"]), run.stderr)
datasets("fetch", "debian", "--from", debs)
run = train()
card = report()
hours = {(row["kind"], row["language"]) for row in card["recordings"]["hours"]}
check("sets_train_by_themselves", run.returncode == 0 and {("speech", "en"), ("speech", "de"), ("music", "-")} <= hours, card["recordings"])
check("the_report_does_not_miss_English", not any("people speaking English" in caveat for caveat in card["caveats"]), card["caveats"])
run = train("--no-datasets")
check("no_datasets_leaves_them_out", run.returncode == 0 and report()["recordings"] == {"sets": [], "hours": []}, run.stderr)
again = root / "again"
run = subprocess.run([PROGRAM, "train", "hey jarvis", "--fetch", "--json", *SMALL, f"--data-dir={again}"], stdin=subprocess.DEVNULL,
                     capture_output=True, text=True, timeout=600, env={**os.environ, "PATH": path})
events = [json.loads(line) for line in run.stderr.splitlines()]
stages = list(dict.fromkeys(event["stage"] for event in events if "stage" in event))
overall = [event["overall"] for event in events if "overall" in event]
check("a_training_fetches_first_and_tells_so", run.returncode == 0 and stages == ["downloads", "convert", "sounds", "speech", "features", "train",
      "export"] and overall == sorted(overall) and overall[-1] == 1 and [event["event"] for event in events].count("begin") == 1, (stages, run.stderr[-500:]))
check("what_it_fetched_trains", [s["name"] for s in json.loads(next(again.glob("output/*/*.report.json")).read_text())["recordings"]["sets"]] == ["debian"])
run = subprocess.run([PROGRAM, "train", "hey jarvis", "--fetch", *SMALL, f"--data-dir={root / 'without'}"], stdin=subprocess.DEVNULL,
                     capture_output=True, text=True, timeout=600, env={**os.environ, "PATH": str(root)})
check("without_apt_a_training_goes_on", run.returncode == 0 and "the training goes on with what there is" in run.stderr, run.stderr[-500:])
told = json.loads(datasets("list", "--json", data=root / "without", env={"PATH": path}).stdout)
check("the_list_tells_what_would_come", told["debian"]["download_bytes"] == sum(p.stat().st_size for p in debs.iterdir()), told)
check("and_null_where_nothing_would", [json.loads(datasets("list", "--json", data=data, env={"PATH": p}).stdout)["debian"]
                                       for data, p in ((again, path), (root / "without", str(root)))] == [None, None])
told = subprocess.run([PROGRAM, "doctor", f"--data-dir={root / 'data'}"], capture_output=True, text=True).stdout
check("the_doctor_knows_them", "debian (0.0 h of speech), imported/Talk" in told, told)
run = datasets("remove", "imported/Talk", "debian")
check("sets_are_removed", run.returncode == 0 and not debian.exists() and "debian               not there" in datasets("list").stdout)
check("what_is_not_there_is_not_removed", one_sentence(datasets("remove", "debian"), "no data set debian"))
check("names_lead_nowhere_else", one_sentence(datasets("remove", "../.."), "no data set"))
shutil.rmtree(root)
finish()
