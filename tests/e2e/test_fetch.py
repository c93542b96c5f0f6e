"""`wakesmith voices` against a hub on this machine that cuts, lies, redirects and drips; packages by a pip and an npm of
our own. Whatever happens, at the final path is the right file or nothing, and the user gets one sentence."""
import concurrent.futures
import hashlib
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile

from common import PROGRAM, check, finish, serve

BODY = random.Random(1).randbytes(700_000)
OTHER = random.Random(2).randbytes(700_000)
home = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith fetch "))
asked = []  # (path, Range)


class Hub(http.server.BaseHTTPRequestHandler):
    """/WAY/...: how the file is given; what stands in `files` is given as it is."""
    protocol_version = "HTTP/1.1"
    files = {}

    def log_message(self, *_):
        pass

    def begin(self, status, length, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def rest(self, body):
        """What the Range asks for, its headers sent."""
        begin = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
        if begin >= len(body):
            self.begin(416, 0, Content_Range=f"bytes */{len(body)}")
            return b""
        if begin:
            self.begin(206, len(body) - begin, Content_Range=f"bytes {begin}-{len(body) - 1}/{len(body)}")
        else:
            self.begin(200, len(body))
        return body[begin:]

    def hang_up(self):
        self.close_connection = True
        self.connection.close()

    def cut(self, size):
        self.wfile.write(self.rest(BODY)[:size])
        self.hang_up()

    def do_GET(self):
        asked.append((self.path, self.headers.get("Range")))
        way, *words = self.path.strip("/").split("/")
        try:
            if self.path in self.files:
                self.wfile.write(self.rest(self.files[self.path]))
            elif way == "good":
                self.wfile.write(self.rest(BODY))
            elif way == "cut":
                self.cut(int(words[0]))
            elif way == "once":  # cut once, whole afterwards
                self.cut(int(words[0])) if sum(path == self.path for path, _ in asked) == 1 else self.wfile.write(self.rest(BODY))
            elif way == "norange":
                self.begin(200, len(BODY))
                self.wfile.write(BODY if sum(path == self.path for path, _ in asked) > 1 else BODY[:300_000])
                self.hang_up()
            elif way == "short":  # lies about the length
                self.begin(200, len(BODY) - 1000)
                self.wfile.write(BODY[:-1000])
            elif way == "long":
                self.begin(200, len(BODY) + 5)
                self.wfile.write(BODY + b"12345")
            elif way == "promise":
                self.begin(200, len(BODY) + 100_000)
                self.wfile.write(BODY)
                self.hang_up()
            elif way == "wrong":
                self.wfile.write(self.rest(OTHER))
            elif way == "status":
                self.begin(int(words[0]), 6)
                self.wfile.write(b"sorry\n")
            elif way == "busy":
                if sum(path == self.path for path, _ in asked) == 1:
                    self.begin(503, 0)
                else:
                    self.wfile.write(self.rest(BODY))
            elif way == "moved":
                self.begin(int(words[0]), 4, Location=f"/{'/'.join(words[1:])}")
                self.wfile.write(b"away")
            elif way == "hops":  # so many more redirections
                self.begin(302, 0, Location=f"/hops/{int(words[0]) - 1}/x" if int(words[0]) > 1 else "/good/hops")
            elif way == "pieces":  # never more than 200,000 bytes at once
                begin = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
                end = min(begin + 200_000, len(BODY))
                self.begin(206, end - begin, Content_Range=f"bytes {begin}-{end - 1}/{len(BODY)}")
                self.wfile.write(BODY[begin:end])
            elif way == "astray":  # whatever is asked for, this piece comes
                begin = int(words[0]) if self.headers.get("Range") else 0
                self.begin(206 if self.headers.get("Range") else 200, len(BODY) - begin,
                           **({"Content_Range": f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}"} if self.headers.get("Range") else {}))
                self.wfile.write(BODY[begin:])
            elif way == "nowhere":  # a piece of which nobody says where it belongs
                self.begin(206 if self.headers.get("Range") else 200, len(BODY))
                self.wfile.write(BODY)
            elif way == "trickle":  # the first one gets hardly anything
                body = self.rest(BODY)
                for _ in range(60 if sum(path == self.path for path, _ in asked) == 1 else 0):
                    self.wfile.write(body[:100])
                    body = body[100:]
                    time.sleep(.5)
                self.wfile.write(body)
            elif way == "redirect":
                self.begin(302, 4, Location=f"/{'/'.join(words)}")
                self.wfile.write(b"away")
            elif way == "round":
                self.begin(302, 0, Location=self.path)
            elif way == "elsewhere":
                self.begin(302, 0, Location="file:///etc/passwd")
            elif way == "drip":
                body = self.rest(BODY)
                for at in range(0, len(body), 70_000):
                    self.wfile.write(body[at:at + 70_000])
                    time.sleep(float(words[0]))
            elif way == "stall":
                body = self.rest(BODY)
                self.wfile.write(body[:int(words[0]) - len(BODY) + len(body)])
                self.wfile.flush()
                time.sleep(20)
            elif way == "nonsense":
                self.wfile.write(b"\0\1\2 no HTTP at all\r\n\r\n")
                self.hang_up()
            else:
                self.begin(404, 0)
        except (BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True


server, hub = serve(Hub)


class Place:
    """A voices folder of its own with a catalogue of its own."""

    def __init__(self, name, packs, path=""):
        self.folder = home / name / "voices"
        (home / name).mkdir()
        self.catalogue = home / name / "catalogue.json"
        self.offer(*packs)
        self.environment = {**os.environ, "WAKESMITH_VOICES": str(self.folder), "WAKESMITH_CATALOGUE": str(self.catalogue),
                            "PATH": path + os.environ["PATH"], "no_proxy": "127.0.0.1"}

    def offer(self, *packs):
        self.catalogue.write_text(json.dumps({"piper_hub": f"{hub}/piper", "packs": packs}))

    def start(self, *words):
        return subprocess.Popen([PROGRAM, "voices", *words], env=self.environment, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *words):
        child = self.start(*words)
        out, err = child.communicate(timeout=60)
        return subprocess.CompletedProcess(words, child.returncode, out, err)

    def list(self, *words):
        result = self.run("list", "--json", *words)
        assert result.returncode == 0, result.stderr
        return {voice["id"]: voice for voice in json.loads(result.stdout)["voices"]}


def pack(*sources, name="thing", path="thing/model.bin", body=BODY, **facts):
    file = {"path": path, "size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "sources": list(sources)}
    return {"id": name, "engine": "kokoro", "name": "a thing", "licence": "MIT", "languages": ["en"], "speakers": 1, "default": True,
            "files": [file], **facts}


def urls(*paths):
    return [{"url": hub + path} for path in paths]


def sentence(result):
    """The one line on standard error that is no progress."""
    lines = [line for line in result.stderr.splitlines() if line.startswith("wakesmith voices:")]
    return lines[0] if len(lines) == 1 and result.stderr.rstrip().endswith(lines[0]) else f"NOT ONE SENTENCE: {result.stderr!r}"


def arrives(name, *paths, part=None, requests=None):
    place = Place(name, [pack(*urls(*paths))])
    target = place.folder / "thing" / "model.bin"
    if part is not None:
        target.parent.mkdir(parents=True)
        target.with_name("model.bin.part").write_bytes(part)
    result = place.run("fetch", "thing")
    seen = [range for path, range in asked if path == paths[-1]]
    good = result.returncode == 0 and target.read_bytes() == BODY and [p.name for p in target.parent.iterdir()] == ["model.bin"]
    return name, good and (requests is None or seen == requests), f"{result.returncode} {result.stderr} {seen}"


def refused(name, *paths, says, requests=None):
    place, at = Place(name, [pack(*urls(*paths))]), time.time()
    result = place.run("fetch", "thing")
    took = time.time() - at
    target = place.folder / "thing" / "model.bin"
    seen = sum(path == paths[0] for path, _ in asked)
    good = result.returncode == 1 and not target.exists() and says in sentence(result) and took < 30  # it is not asked for long
    return name, good and requests in (None, seen), f"{result.returncode} {sentence(result)} {seen} requests, {took:.0f} s"


def killed_in_the_middle():
    """kill -9 at 20 points; each run asks for what the one before did not bring."""
    place, halves = Place("killed", []), []
    target = place.folder / "thing" / "model.bin"
    part = target.with_name("model.bin.part")
    for at in range(33_000, 690_000, 33_000):
        place.offer(pack(*urls(f"/stall/{at}/killed")))
        child = place.start("fetch", "thing")
        while not (part.exists() and part.stat().st_size > at - 10_000) and child.poll() is None:
            time.sleep(.02)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        halves.append(part.stat().st_size)
    place.offer(pack(*urls("/good/killed")))
    before = not target.exists()
    result = place.run("fetch", "thing")
    seen = [range for path, range in asked if path.endswith("/killed")]
    good = before and result.returncode == 0 and seen == [None, *(f"bytes={half}-" for half in halves)] and target.read_bytes() == BODY
    return "B16_a_download_that_is_killed_20_times_goes_on_where_it_was", good and len(halves) == 20, f"{halves} {seen} {result.stderr}"


def told():
    """What people see of a slow download: how much, how fast, how long still; a half from before is no hurry."""
    place = Place("told", [pack(*urls("/drip/.6/told"))])
    (place.folder / "thing").mkdir(parents=True)
    (place.folder / "thing" / "model.bin.part").write_bytes(BODY[:350_000])
    events = [json.loads(line) for line in place.run("fetch", "thing", "--json").stderr.splitlines()]
    steps = [e for e in events if e["event"] == "progress" and "MB/s" in (e.get("note") or "")]
    told = [(e[eta] / (steps[-1]["elapsed_s"] - e["elapsed_s"])) for e in steps[:-1] for eta in ("eta_s", "overall_eta_s")]
    return "progress_tells_rate_and_time_left", told and .3 < min(told) and max(told) < 3, [e for e in events if e["event"] == "progress"]


def stopped_by_the_user():
    place = Place("stopped", [pack(*urls("/stall/200000/stopped"))])
    child = place.start("fetch", "thing")
    while not any(path == "/stall/200000/stopped" for path, _ in asked):
        time.sleep(.05)
    second = place.run("fetch", "thing")
    time.sleep(.3)
    child.send_signal(signal.SIGTERM)
    at = time.time()
    _, err = child.communicate(timeout=20)
    good = child.returncode == 2 and "stopped" in err and time.time() - at < 3
    both = second.returncode == 1 and "another wakesmith" in sentence(second)
    return "a_stop_is_heard_and_two_do_not_write_at_once", good and both, f"{child.returncode} {err} {second.stderr}"


def other_source():
    """A file whose second source has other bytes of its own."""
    own = pack({"url": hub + "/status/500/first"}, {"url": hub + "/wrong/second", "size": len(OTHER),
                                                   "sha256": hashlib.sha256(OTHER).hexdigest()})
    place = Place("other source", [own])
    result = place.run("fetch", "--default")
    listed = place.list()
    again = place.run("fetch", "--default")
    seen = sum(path == "/wrong/second" for path, _ in asked)
    good = result.returncode == 0 and (place.folder / "thing" / "model.bin").read_bytes() == OTHER and listed["thing"]["installed"]
    removed = place.run("remove", "thing")
    gone = removed.returncode == 0 and not (place.folder / "thing" / "model.bin").exists() and not place.list()["thing"]["installed"]
    return "a_second_source_helps_and_what_is_there_is_not_fetched_again", good and again.returncode == 0 and seen == 1 and gone, \
        f"{result.stderr} {listed} {seen}"


def packages():
    """Programs named pip3 and npm: one brings an archive, the other fails; each is asked once."""
    tools = home / "tools"
    tools.mkdir()
    with zipfile.ZipFile(home / "brought.whl", "w") as archive:
        for i in range(3):
            archive.writestr(f"data/{i}.bin", BODY[i * 1000:(i + 1) * 1000])
        archive.writestr("../../../escaped", b"no")
    (tools / "pip3").write_text(f"#!/bin/sh\necho \"$@\" >> '{home}/pip.log'\n"
                                f"while [ \"$1\" != -d ]; do shift; done\ncp '{home}/brought.whl' \"$2/thing-1.0-py3-none-any.whl\"\n")
    (tools / "npm").write_text(f"#!/bin/sh\necho \"$@\" >> '{home}/npm.log'\nexit 1\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    files = []
    for i in range(3):
        body = BODY[i * 1000:(i + 1) * 1000]
        files.append({"path": f"thing/{i}.bin", "size": 1000, "sha256": hashlib.sha256(body).hexdigest(), "sources": [
            {"npm": "thing@1.0", "member": f"data/{i}.bin"}, {"pip": "thing==1.0", "member": f"data/{i}.bin"}]})
    joined = BODY[:3000]
    files.append({"path": "thing/joined.bin", "size": 3000, "sha256": hashlib.sha256(joined).hexdigest(), "sources": [
        {"pip": ["thing==1.0"] * 3, "member": [f"data/{i}.bin" for i in range(3)]}]})
    place = Place("packages", [pack(files=files)], path=f"{tools}:")
    (place.folder / ".fetching" / "0").mkdir(parents=True)  # of a run that was killed
    (place.folder / ".fetching" / "0" / "old.whl").write_bytes(b"old")
    result = place.run("fetch", "thing")
    good = result.returncode == 0 and all((place.folder / "thing" / f"{i}.bin").read_bytes() == BODY[i * 1000:(i + 1) * 1000] for i in range(3))
    good = good and (place.folder / "thing" / "joined.bin").read_bytes() == joined
    calls = [(home / f"{tool}.log").read_text().splitlines() for tool in ("pip", "npm")]
    left = sorted(p.name for p in place.folder.iterdir())
    return "packages_are_brought_once_and_only_unpacked", good and [len(c) for c in calls] == [1, 1] and "--no-deps" in calls[0][0] \
        and left == [".lock", "thing"] and not list(home.rglob("escaped")), f"{result.stderr} {calls} {left}"


def no_packages():
    tools = home / "no tools"
    tools.mkdir()
    place = Place("no packages", [pack({"pip": "thing==1.0", "member": "x"})])
    place.environment["PATH"] = str(tools)
    result = place.run("fetch", "thing")
    return "a_missing_pip_is_named", result.returncode == 1 and "apt-get install python3-pip" in sentence(result), result.stderr


def local_folder():
    place, copy = Place("local", [pack(*urls("/status/404/local"))]), home / "copy"
    (copy / "thing").mkdir(parents=True)
    (copy / "thing" / "model.bin").write_bytes(OTHER)
    wrong = place.run("fetch", "thing", f"--from={copy}")
    nothing = not (place.folder / "thing" / "model.bin").exists()
    (copy / "thing" / "model.bin").write_bytes(BODY)
    right = place.run("fetch", "thing", f"--from={copy}")
    good = wrong.returncode == 1 and "another file" in sentence(wrong) and nothing and right.returncode == 0
    return "a_local_copy_is_checked_too", good and not any("local" in path for path, _ in asked), wrong.stderr + right.stderr


def node(name):
    """A model of one node, as protobuf."""
    return bytes([0x3a, len(name) + 4, 0x0a, len(name) + 2, 0x22, len(name)]) + name


MODEL = b"\x08\x08" + node(b"RandomNormalLike")
SETTINGS = json.dumps({"language": {"code": "de_DE"}, "espeak": {"voice": "de"}, "num_speakers": 3,
                       "phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [3]}}).encode()


def voice(name, model, settings, **facts):
    path = f"de/de_DE/{name}/low/de_DE-{name}-low.onnx"
    files = {path: {"size_bytes": len(model), "md5_digest": hashlib.md5(model).hexdigest()},
             path + ".json": {"size_bytes": len(settings), "md5_digest": hashlib.md5(settings).hexdigest()},
             f"de/de_DE/{name}/low/MODEL_CARD": {"size_bytes": 3, "md5_digest": "0"}}
    return {"key": f"de_DE-{name}-low", "name": name, "language": {"code": "de_DE", "family": "de"}, "num_speakers": 3, "files": files,
            **facts}


def piper():
    """Piper's own catalogue; names are in people's own letters; each file is checked by its MD5."""
    voices = {"de_DE-hans-low": voice("hans", MODEL, SETTINGS), "de_DE-jürgen-low": voice("jürgen", MODEL, SETTINGS),
              "de_DE-liar-low": voice("liar", MODEL, SETTINGS), "../../escape": voice("escape", MODEL, SETTINGS),
              "de_DE-empty-low": {"files": {}}, "de_DE-odd-low": 7}
    Hub.files["/piper/voices.json"] = json.dumps(voices).encode()
    for name in ("hans", "j%C3%BCrgen", "liar"):
        path = f"/piper/de/de_DE/{name}/low/de_DE-{name}-low.onnx"
        Hub.files[path], Hub.files[path + ".json"] = MODEL, SETTINGS
    Hub.files["/piper/de/de_DE/liar/low/de_DE-liar-low.onnx"] = MODEL[:-1] + b"?"
    place = Place("piper", [pack(*urls("/good/x"))])
    few, all_voices = place.list(), place.list("--all")
    good = set(few) == {"thing"} and set(all_voices) == {"thing", "de_DE-hans-low", "de_DE-jürgen-low", "de_DE-liar-low"}
    yield "pipers_catalogue_is_listed_on_demand", good, all_voices
    fetched = place.run("fetch", "de_DE-hans-low", "de_DE-jürgen-low")
    files = sorted(p.name for p in (place.folder / "piper").iterdir())
    yield "pipers_voices_are_fetched", fetched.returncode == 0 and files == [
        "de_DE-hans-low.onnx", "de_DE-hans-low.onnx.json", "de_DE-jürgen-low.onnx", "de_DE-jürgen-low.onnx.json"], fetched.stderr
    liar = place.run("fetch", "de_DE-liar-low")
    yield "a_damaged_voice_is_refused", liar.returncode == 1 and "other bytes" in sentence(liar) and not (
        place.folder / "piper" / "de_DE-liar-low.onnx").exists(), liar.stderr
    once = sum(path == "/piper/voices.json" for path, _ in asked)
    yield "the_catalogue_is_fetched_once_a_day", once == 1, once
    old = place.folder / "piper-catalogue.json"
    os.utime(old, (1, 1))
    Hub.files["/piper/voices.json"] = b"<html>come back later</html>"
    kept = place.list("--all")
    yield "an_error_page_does_not_replace_the_catalogue", "de_DE-hans-low" in kept and json.loads(old.read_bytes()), kept
    fresh = Place("piper fresh", [pack(*urls("/good/x"))])
    result = fresh.run("fetch", "de_DE-hans-low")
    yield "an_error_page_is_no_catalogue", result.returncode == 1 and "no catalogue" in sentence(result) and not (
        fresh.folder / "piper-catalogue.json").exists(), result.stderr
    Hub.files["/piper/voices.json"] = json.dumps(voices).encode()
    unknown = fresh.run("fetch", "de_DE-nobody-low")
    yield "a_voice_that_nobody_has_is_told", unknown.returncode == 1 and "de_DE-nobody-low" in sentence(unknown), unknown.stderr


def own_voices():
    """import, list and remove of a user's own voice."""
    place, own = Place("own", [pack(*urls("/good/x"))]), home / "bring"
    own.mkdir()
    (own / "mine.onnx").write_bytes(MODEL)
    alone = place.run("import", str(own / "mine.onnx"))
    yield "a_voice_without_settings_is_refused", alone.returncode == 1 and "mine.onnx.json" in sentence(alone), alone.stderr
    (own / "mine.onnx.json").write_bytes(SETTINGS)
    (own / "net.onnx").write_bytes(b"\x08\x08" + node(b"Add"))
    (own / "net.onnx.json").write_bytes(SETTINGS)
    (own / "text.onnx").write_bytes(b"this is no model")
    (own / "text.onnx.json").write_bytes(SETTINGS)
    (own / "empty.onnx").write_bytes(b"")
    (own / "empty.onnx.json").write_bytes(SETTINGS)
    refusals = {name: place.run("import", str(own / f"{name}.onnx")) for name in ("net", "text", "empty", "nowhere")}
    yield "what_is_no_voice_is_refused", all(r.returncode == 1 and n in sentence(r) for n, r in refusals.items()) and not (
        place.folder / "piper").exists(), {n: r.stderr for n, r in refusals.items()}
    brought = place.run("import", str(own / "mine.onnx"))
    mine = place.list().get("mine", {})
    yield "an_imported_voice_is_listed", brought.returncode == 0 and mine.get("installed") and mine["languages"] == "de" and \
        mine["speakers"] == 3 and mine["engine"] == "piper", (brought.stderr, mine)
    removed = place.run("remove", "mine")
    yield "and_removed", removed.returncode == 0 and "mine" not in place.list() and not list((place.folder / "piper").iterdir()), removed.stderr
    nobody = place.run("remove", "nobody")
    yield "only_known_voices_are_removed", nobody.returncode == 1 and "nobody" in sentence(nobody), nobody.stderr


def catalogues():
    place = Place("broken", [pack(*urls("/good/x"))])
    results = []
    for text in ("{", "[]", '{"packs": 3}', ""):
        place.catalogue.write_text(text)
        results.append(place.run("list"))
    yield "a_broken_catalogue_is_named", all(r.returncode == 1 and "catalogue.json" in sentence(r) for r in results), [r.stderr for r in results]
    place.catalogue.unlink()
    yield "a_missing_one_too", "catalogue.json" in sentence(place.run("list")), ""
    wishes = {"fetch": "--default", "frob": "frob", "remove": "at least one"}
    yield "wrong_words_are_told", all(says in sentence(Place(f"words {word}", []).run(word)) for word, says in wishes.items()), ""


def pinned():
    """What Wakesmith names for download is named by version, size and hash."""
    loose = []
    for wish in json.loads(pathlib.Path(os.environ["WAKESMITH_SOURCE"], "share", "voices.json").read_text())["packs"]:
        for file in wish["files"]:
            for source in file["sources"]:
                bytes_of = {**file, **source}
                versions = [package for manager, mark in (("pip", "=="), ("npm", "@")) if manager in source
                            for package in ([source[manager]] if isinstance(source[manager], str) else source[manager])
                            if mark not in package[1:]]
                if versions or not bytes_of.get("size") or len(bytes_of.get("sha256", "")) != 64:
                    loose.append((wish["id"], file["path"], source))
    return "B41_every_download_is_pinned", not loose, loose


piece = BODY[:250_000]
jobs = [(arrives, "a_good_server", "/good/a"),
        *((arrives, f"B16_a_server_that_cuts_after_{at}", f"/cut/{at}/a") for at in (150_000, 330_000)),
        *((arrives, f"B16_a_server_that_cuts_once_after_{at}", f"/once/{at}/a") for at in (0, 1, 65_535, 699_999)),
        (arrives, "B16_a_server_without_ranges", "/norange/a"),
        (arrives, "B16_a_server_that_promises_more", "/promise/a"),
        *((arrives, f"B16_a_redirect_{status}", f"/moved/{status}/good/{status}") for status in (301, 302, 303, 307, 308)),
        (arrives, "B16_eight_redirects", "/hops/8/x"),
        (arrives, "B16_a_slow_server", "/drip/.15/a"),
        (arrives, "B16_a_busy_server", "/busy/a"),
        (arrives, "B16_another_source_when_one_is_gone", "/status/404/gone", "/good/gone"),
        (arrives, "B16_another_source_when_one_is_wrong", "/wrong/gone", "/good/wrong")]
kept = [("B16_what_is_there_is_not_fetched_again", "/good/part", piece, ["bytes=250000-"]),
        ("B16_a_part_of_another_file_is_given_up", "/good/stale", OTHER[:250_000], ["bytes=250000-", None]),
        ("B16_a_part_that_is_too_long_is_given_up", "/good/longer", OTHER + OTHER, ["bytes=1400000-", None]),
        ("B16_a_part_that_is_whole_needs_no_server", "/good/whole", BODY, []),
        ("B16_a_whole_part_of_another_file_is_given_up", "/good/whole2", OTHER, [None]),
        ("B16_a_server_that_gives_small_pieces", "/pieces/a", piece, ["bytes=250000-", "bytes=450000-", "bytes=650000-"]),
        ("B16_a_server_that_gives_another_piece", "/astray/1000/a", piece, ["bytes=250000-", None]),
        ("B16_a_server_that_gives_the_first_piece", "/astray/0/a", piece, ["bytes=250000-"]),
        ("B16_a_server_that_says_nothing_of_its_piece", "/nowhere/a", piece, ["bytes=250000-", None])]
bad = [("B16_a_short_file", "/short/a", "other bytes", None), ("B16_a_long_file", "/long/a", "more bytes", None),
       ("B16_wrong_bytes", "/wrong/a", "other bytes", 1),
       ("B16_forbidden", "/status/403/a", "403", 1), ("B16_not_found", "/status/404/a", "404", 1),
       ("B16_gone", "/status/410/a", "410", 1), ("B16_server_error", "/status/500/a", "500", 3),
       ("B16_no_range_at_all", "/status/416/a", "416", None), ("B16_round_and_round", "/round/a", "redirect", None),
       ("B16_nine_redirects", "/hops/9/x", "redirect", None),
       ("away_from_the_web", "/elsewhere/a", "could not be fetched", None), ("no_http", "/nonsense/a", "could not be fetched", None)]
with concurrent.futures.ThreadPoolExecutor(12) as pool:
    waiting = [pool.submit(arrives, "B16_a_server_that_falls_asleep", "/trickle/a"), pool.submit(killed_in_the_middle), pool.submit(told), pool.submit(pinned), pool.submit(stopped_by_the_user), pool.submit(other_source), pool.submit(packages),
               pool.submit(no_packages), pool.submit(local_folder)]
    waiting += [pool.submit(refused, name, path, says=says, requests=times) for name, path, says, times in bad]
    waiting += [pool.submit(*job) for job in jobs]
    waiting += [pool.submit(arrives, name, path, part=part, requests=seen) for name, path, part, seen in kept]
    for job in waiting:
        check(*job.result())
for name, good, detail in (*piper(), *own_voices(), *catalogues()):
    check(name, good, detail)
server.shutdown()
shutil.rmtree(home)
finish()
