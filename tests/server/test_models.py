"""Finished models: the list, the files as devices fetch them, the lines for ESPHome, the trash; and the data page."""
import email.utils
import fcntl
import http.client
import io
import json
import os
import pathlib
import re
import shutil
import ssl
import tempfile
import time
import urllib.parse
import xml.etree.ElementTree
import zipfile

from runs import LEVELS, fingerprint, write_run
from serve import Server, check, finish

data = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith models "))
OLD, NEW, OTHER = "2026-01-01-10-00-00-hey_jarvis-900-1600", "2026-01-02-10-00-00-hey_jarvis-900-1600", "2026-01-03-10-00-00-privet_dom-5-7"
old_folder = write_run(data, OLD, when=1767261600, salt=b"old")
(data / "output" / "stray.tflite").write_bytes(b"a model of another program")
(data / "output" / "stray.json").write_text("{}")
server = Server(data)
get, post, delete = server.get, server.post, server.delete
untouched = fingerprint(data / "output")


def http_time(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def listed():
    return get("/api/models").json


def names():
    return [model["run"] for model in listed()["models"]]


def refused(name, answer, status, says):
    check(name, answer.status == status and answer.json.get("ok") is False and says in answer.json.get("error", ""),
          f"wanted {status} {says!r}, got {answer}")


# ---- the list ----------------------------------------------------------------------------------------------------
first = listed()["models"][0]
check("a_run_is_told_with_its_figures", first["id"] == "hey_jarvis" and first["title"] == "Hey Jarvis" and first["preset"] == "draft"
      and first["created_at"] == "2026-01-01T10:00:00Z" and first["published"] and first["arena"] == 34816
      and first["levels"]["very"]["cutoff_byte"] == 143 and first["held_out"]["hours"] == 4.5 and first["caveats"] == ["A caveat."], first)
write_run(data, OTHER, "privet_dom", "привет \"дом\"", report=False)
check("a_run_that_appears_is_seen_at_once", names() == [OTHER, OLD], names())
other = listed()["models"][0]
check("a_run_without_a_report_is_a_model_too", other["published"] and other["levels"] == {} and other["title"] == "привет \"дом\""
      and "report" in other["caveats"][0], other)
about = get(f"/api/models/{OLD}").json
check("one_run_comes_with_manifest_report_and_lines", about["manifest"] == json.loads((old_folder / "hey_jarvis.json").read_text())
      and about["report"] == json.loads((old_folder / "hey_jarvis.report.json").read_text()) and "micro_wake_word:" in about["yaml"])
check("no_report_is_null", get(f"/api/models/{OTHER}").json["report"] is None)
refused("an_unknown_run", get("/api/models/none"), 404, "none")

# ---- the report card -------------------------------------------------------------------------------------------------
for path in ("/models/hey_jarvis.report.html", f"/models/{OLD}/hey_jarvis.report.html"):
    card = get(path)
    page = xml.etree.ElementTree.fromstring(card.body)
    check(f"the_card_is_a_page_{path}", card.headers["Content-Type"] == "text/html; charset=utf-8" and "95 of 100 calls" in
          "".join(page.itertext()) and page.find(".//{*}svg") is not None and page.find(".//{*}script") is None, card)
    check(f"the_card_may_have_style_and_nothing_else_{path}", card.headers.get_all("Content-Security-Policy") ==
          ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"])
refused("no_report_no_card", get("/models/privet_dom.report.html"), 404, "has no report")

# ---- as devices fetch it -----------------------------------------------------------------------------------------
manifest, model = get("/models/hey_jarvis.json"), get("/models/hey_jarvis.tflite")
check("the_pair_is_served_byte_for_byte", manifest.body == (old_folder / "hey_jarvis.json").read_bytes()
      and model.body == (old_folder / "hey_jarvis.tflite").read_bytes())
check("the_manifest_names_its_model_relatively", urllib.parse.urljoin("http://x/models/hey_jarvis.json", manifest.json["model"])
      == "http://x/models/hey_jarvis.tflite")
check("types_are_exact", manifest.headers["Content-Type"] == "application/json"
      and model.headers["Content-Type"] == "application/octet-stream")
for ending in ("json", "tflite", "yaml", "report.json"):
    whole, head = get(f"/models/hey_jarvis.{ending}"), server.request("HEAD", f"/models/hey_jarvis.{ending}")
    check(f"head_tells_the_length_of_{ending}", head.status == whole.status == 200 and head.body == b""
          and int(head.headers["Content-Length"]) == len(whole.body), (head, head.headers.items()))
for answer, path in ((manifest, "/models/hey_jarvis.json"), (model, "/models/hey_jarvis.tflite")):
    tag, since = answer.headers["ETag"], answer.headers["Last-Modified"]
    kind = path.rsplit(".", 1)[1]
    for method in ("GET", "HEAD"):
        check(f"{method}_with_the_tag_of_{kind}_gives_304", server.request(method, path, headers={"If-None-Match": tag}).status == 304)
        check(f"{method}_with_the_time_of_{kind}_gives_304",
              server.request(method, path, headers={"If-Modified-Since": since}).status == 304)
    check(f"another_tag_of_{kind}_gives_200", get(path, If_None_Match="x").status == 200
          and server.request("GET", path, headers={"If-None-Match": '"x"', "If-Modified-Since": since}).status == 200)
refused("no_such_word", get("/models/alexa.json"), 404, "alexa")
refused("no_such_kind_of_file", get("/models/hey_jarvis.exe"), 404, "hey_jarvis.exe")
for path in ("/models/..%2f..%2fsession.json", f"/models/{OLD}/..%2fhey_jarvis.json", f"/models/{OLD}/privet_dom.json",
             "/models/.json", "/models/stray.tflite", "/models/stray.json", "/models/%2e%2e/hey_jarvis.json"):
    check(f"not_served_{path}", get(path).status in (400, 404), get(path))

# ---- a better one is trained -------------------------------------------------------------------------------------
# A client that remembers times only, as older ESPHome: it fetched in this very second, then the pair changed.
time.sleep(1.1)  # two changes within one second have one time; their tags differ
while time.time() % 1 > 0.2:
    time.sleep(0.05)
fetched = int(time.time())
before = {ending: get(f"/models/hey_jarvis.{ending}") for ending in ("json", "tflite")}
write_run(data, NEW, salt=b"new")
changed = int(time.time()) == fetched
for ending in ("json", "tflite"):
    path = f"/models/hey_jarvis.{ending}"
    tag = before[ending].headers["ETag"]
    check(f"a_new_pair_has_a_new_tag_{ending}", server.request("HEAD", path, headers={"If-None-Match": tag}).status == 200)
    check(f"a_new_pair_is_newer_{ending}", server.request(
        "HEAD", path, headers={"If-Modified-Since": before[ending].headers["Last-Modified"]}).status == 200)
    if changed:
        check(f"a_change_within_the_second_is_told_{ending}", server.request(
            "HEAD", path, headers={"If-Modified-Since": http_time(fetched)}).status == 200)
check("the_new_pair_is_served", get("/models/hey_jarvis.tflite").body == (data / "output" / NEW / "hey_jarvis.tflite").read_bytes())
check("one_run_of_a_word_is_published", [model["published"] for model in listed()["models"] if model["id"] == "hey_jarvis"] == [True, False])
fixed = get(f"/models/{OLD}/hey_jarvis.tflite")
check("an_old_run_stays_where_it_was", fixed.body == before["tflite"].body and "immutable" in fixed.headers["Cache-Control"])
check("the_published_one_is_asked_for_again", get("/models/hey_jarvis.tflite").headers["Cache-Control"] == "no-cache")

# ---- the newest is deleted: the older one comes back, and clients must notice --------------------------------------
time.sleep(1.1)
fetched = time.time()
ticket = delete(f"/api/models/{NEW}").json["ticket"]
check("the_older_run_is_published_again", get("/models/hey_jarvis.tflite").body == before["tflite"].body and names() == [OTHER, OLD])
for ending in ("json", "tflite"):
    check(f"an_older_pair_that_came_back_counts_as_changed_{ending}", server.request(
        "HEAD", f"/models/hey_jarvis.{ending}", headers={"If-Modified-Since": http_time(fetched)}).status == 200)
in_trash = [item for item in get("/api/trash").json.get("items", []) if item["ticket"] == ticket]
check("the_trash_shows_it", len(in_trash) == 1 and in_trash[0]["run"] == NEW and in_trash[0]["wake_word"] == "hey_jarvis", in_trash)
answer = post(f"/api/trash/{ticket}/restore")
check("undo_brings_it_back", answer.status == 200 and answer.json["run"] == NEW and names() == [NEW, OTHER, OLD], answer)
refused("a_ticket_is_good_once", post(f"/api/trash/{ticket}/restore"), 404, ticket)
ticket = delete(f"/api/models/{NEW}").json["ticket"]
write_run(data, NEW, salt=b"imposter")
refused("undo_overwrites_nothing", post(f"/api/trash/{ticket}/restore"), 409, NEW)
shutil.rmtree(data / "output" / NEW)
check("undo_works_when_the_way_is_free", post(f"/api/trash/{ticket}/restore").status == 200)
ticket = delete(f"/api/models/{NEW}").json["ticket"]
WEEK = 7 * 24 * 3600
server.stop()
os.utime(data / "trash" / ticket, (time.time() - WEEK + 60,) * 2)
server.start()
check("the_trash_keeps_it_for_a_week", post(f"/api/trash/{ticket}/restore").status == 200)
ticket = delete(f"/api/models/{NEW}").json["ticket"]
server.stop()
os.utime(data / "trash" / ticket, (time.time() - WEEK - 60,) * 2)
server.start()
check("and_no_longer", not (data / "trash" / ticket).exists())
write_run(data, NEW, salt=b"new")
refused("deleting_what_is_not_there", delete("/api/models/none"), 404, "none")
check("a_ticket_is_no_path", post("/api/trash/model-..%2f..%2foutput/restore").status in (400, 404))

# ---- lines for ESPHome ---------------------------------------------------------------------------------------------
yaml = get("/models/hey_jarvis.yaml", Host=f"192.168.1.10:{server.port}").body.decode()
check("the_lines_name_the_address_that_was_asked", f'- model: "http://192.168.1.10:{server.port}/models/hey_jarvis.json"' in yaml, yaml)
check("the_lines_hold_three_levels", all(f"byte {byte}," in yaml and f"set_probability_cutoff({byte})" in yaml
                                         for byte, _, _ in LEVELS.values()) and "in 4.50 h" in yaml, yaml)
check("the_manifests_level_comes_first", "initial_option: Moderately sensitive" in yaml)
check("a_level_can_be_asked_for", "initial_option: Very sensitive" in get(f"/api/models/{NEW}?level=very").json["yaml"])
refused("an_unknown_level", get(f"/api/models/{NEW}?level=wild"), 400, "level")
check("an_old_runs_lines_name_the_old_run", f"/models/{OLD}/hey_jarvis.json" in get(f"/api/models/{OLD}").json["yaml"])

# ---- to give away ---------------------------------------------------------------------------------------------------
bundle = get(f"/api/models/{NEW}/bundle.zip")
with zipfile.ZipFile(io.BytesIO(bundle.body)) as archive:
    check("the_bundle_is_whole", archive.testzip() is None and archive.namelist() == [
        f"hey_jarvis/{part}" for part in ("hey_jarvis.tflite", "hey_jarvis.json", "hey_jarvis.report.json", "hey_jarvis.yaml",
                                          "logs/training.log", "logs/model_summary.txt")], archive.namelist())
    check("the_bundle_holds_the_bytes", archive.read("hey_jarvis/hey_jarvis.tflite") == get("/models/hey_jarvis.tflite").body)
time.sleep(2.1)  # zip files count time in steps of two seconds
check("the_same_run_gives_the_same_bundle", get(f"/api/models/{NEW}/bundle.zip").body == bundle.body)
check("the_bundle_has_a_name", bundle.headers["Content-Type"] == "application/zip" and "hey_jarvis.zip" in bundle.headers["Content-Disposition"])
check("a_bundle_without_a_report", zipfile.ZipFile(io.BytesIO(get(f"/api/models/{OTHER}/bundle.zip").body)).namelist()[0]
      == "privet_dom/privet_dom.tflite")

# ---- the catalogue -------------------------------------------------------------------------------------------------
catalogue = get("/api/trained_wake_words/catalog").json
words = {word["key"]: word for word in catalogue["wake_words"]}
check("the_catalogue_lists_each_word_once", sorted(words) == ["hey_jarvis", "privet_dom"] and len(catalogue["wake_words"]) == 2)
jarvis = words["hey_jarvis"]
check("the_catalogue_tells_what_was_measured", jarvis["calibration_recall"] == 0.95 and jarvis["sliding_window"] == 5
      and words["privet_dom"]["calibration_recall"] is None and abs(jarvis["calibration_false_accepts_per_hour"] - 2 / 4.5) < 1e-5)
for key in ("url", "json_url", "model_url", "esphome_json_url"):
    check(f"the_catalogues_{key}_can_be_fetched", get(urllib.parse.urlsplit(jarvis[key]).path).status == 200, jarvis[key])
strict = get("/api/trained_wake_words/hey_jarvis.esphome.json")
check("the_strict_manifest_has_no_other_keys", set(strict.json) == {"type", "wake_word", "author", "model", "trained_languages", "version", "micro"})

# ---- damaged runs: a sentence, never a failure ---------------------------------------------------------------------
def damage(name, change):
    change(write_run(data, name, "broken"))


damages = {
    "no manifest": lambda run: (run / "broken.json").unlink(),
    "not that was measured": lambda run: (run / "broken.tflite").write_bytes(b"\x1c\0\0\0TFL3" + bytes(50)),
    "damaged": lambda run: (run / "broken.tflite").write_bytes(b"no model at all"),
    "not there": lambda run: (run / "broken.tflite").unlink(),
    "another model": lambda run: (run / "broken.json").write_text((run / "broken.json").read_text().replace("broken.tflite", "../x.tflite")),
    "JSON": lambda run: (run / "broken.json").write_text("{"),
    "not a file": lambda run: ((run / "broken.json").unlink(), (run / "broken.json").symlink_to("/etc/hostname")),
    "more than one manifest": lambda run: (run / "second.json").write_text("{}"),
    "wake word": lambda run: (run / "broken.json").rename(run / "Bro ken.json"),
}
for number, (says, change) in enumerate(damages.items()):
    damage(f"broken {number}", change)
found = {run["run"]: run["fault"] for run in listed()["damaged"]}
for number, says in enumerate(damages):
    fault = found.get(f"broken {number}", "")
    check(f"a_sentence_about_{says.replace(' ', '_')}", len(fault) > 10 and says.lower() in fault.lower().replace("is not the one that was measured",
          "not that was measured"), fault)
refused("a_damaged_run_is_not_served", get("/models/broken.json"), 404, "broken")
refused("nor_under_its_own_name", get("/models/broken%200/broken.json"), 404, "broken 0")
(data / "output" / OLD / "hey_jarvis.report.json").read_bytes()
write_run(data, "unreadable", "unreadable")
(data / "output" / "unreadable" / "unreadable.report.json").write_text("[" * 9000)
unreadable = next(model for model in listed()["models"] if model["id"] == "unreadable")
check("a_report_that_cannot_be_read_is_said", unreadable["levels"] == {} and "cannot be read" in unreadable["caveats"][0], unreadable)
(data / "output" / "unreadable" / "unreadable.report.json").write_text(json.dumps(
    {"sensitivities": {"very": {"cutoff": "high", "recall_interval": 7}, "slightly": 3}, "held_out": [], "caveats": "x", "options": 1}))
odd = next(model for model in listed()["models"] if model["id"] == "unreadable")
check("odd_types_in_a_report_do_no_harm", odd["levels"] == {} and odd["caveats"] == [] and odd["held_out"]["hours"] == 0, odd)
ticket = delete("/api/models/broken%200").json.get("ticket")
check("a_damaged_run_can_be_deleted", ticket is not None and "broken 0" not in [run["run"] for run in listed()["damaged"]])
for name in [f"broken {i}" for i in range(1, len(damages))] + ["unreadable", NEW, OTHER]:
    delete(f"/api/models/{urllib.parse.quote(name)}")

# ---- nothing that was finished was renamed or patched --------------------------------------------------------------
now = fingerprint(data / "output")
check("finished_files_stay_as_they_were", now == untouched, set(now) ^ set(untouched))

# ---- what lies in the data directory --------------------------------------------------------------------------------
def used(*folders):
    total = 0
    for folder in folders:
        for where, _, files in os.walk(folder):
            total += sum(os.lstat(path).st_blocks * 512 for path in [where, *(os.path.join(where, file) for file in files)])
    return total


def row(name):
    return next(entry for entry in get("/api/data").json["entries"] if entry["id"] == name)


speech = data / "work" / "hey_jarvis" / "wake_word_samples"
speech.mkdir(parents=True)
(speech / "words.corpus").write_bytes(os.urandom(300_000))
(data / "work" / ".sounds").mkdir()
outside = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith outside "))
(outside / "wake_word_samples").mkdir()
(outside / "wake_word_samples" / "dear.bin").write_bytes(os.urandom(500_000))
(data / "work" / "linked").symlink_to(outside)
(speech / "link").symlink_to(outside)
check("sizes_are_allocated_blocks_without_links", row("speech")["bytes"] == used(speech) and row("speech")["files"] == 1,
      (row("speech"), used(speech)))
page = get("/api/data").json
check("the_total_is_the_folder", abs(page["total_bytes"] - used(data)) < 65536 and page["free_bytes"] > 0, (page["total_bytes"], used(data)))
check("recordings_are_irreplaceable", all(row(name)["irreplaceable"] and not row(name)["deletable"]
                                          for name in ("personal_samples", "negative_samples", "captured_audio")))
refused("recordings_are_not_deleted_as_a_whole", delete("/api/data/personal_samples"), 409, "one by one")
refused("unknown_data", delete("/api/data/everything"), 404, "everything")
with open(data / "work" / ".lock", "w", encoding="ascii") as lock:  # as a training in a terminal holds it
    fcntl.flock(lock, fcntl.LOCK_EX)
    refused("nothing_is_deleted_during_a_training", delete("/api/data/speech"), 409, "training")
    check("and_everything_is_still_there", (speech / "words.corpus").is_file())
size = row("speech")["bytes"]
answer = delete("/api/data/speech")
check("delete_tells_what_it_released", answer.json.get("released_bytes") == size and row("speech")["bytes"] == 0
      and not speech.exists(), answer)
check("what_links_lead_to_is_not_deleted", (outside / "wake_word_samples" / "dear.bin").stat().st_size == 500_000)
check("deleting_nothing_releases_nothing", delete("/api/data/training_datasets").json.get("released_bytes") == 0)
check("the_trash_can_be_emptied", delete("/api/data/trash").status == 200 and get("/api/trash").json.get("items", []) == [])
write_run(data, NEW, salt=b"new")
ticket = delete(f"/api/models/{NEW}").json.get("ticket")
check("and_used_again", ticket is not None and post(f"/api/trash/{ticket}/restore").status == 200)
server.stop()

# ---- addresses -------------------------------------------------------------------------------------------------------
server = Server(data, environment={"REC_PUBLIC_BASE_URL": "https://models.example/wake/"})
check("a_configured_address_wins", server.get("/api/models").json["base_url"] == "https://models.example/wake"
      and '"https://models.example/wake/models/hey_jarvis.json"' in server.get("/models/hey_jarvis.yaml").body.decode())
server.stop()

# On the network the page needs TLS, which ESPHome does not trust: devices are told the port that is plain HTTP.
server = Server(data, "--lan", "--device-port=0")
device = int(re.search(r"devices: +http://[^/]+:(\d+)", (data / "server.out").read_text())[1])


def over_tls(path, host):
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=30, context=ssl._create_unverified_context())
    connection.request("GET", path, headers={"Host": host})
    return connection.getresponse().read().decode()


def over_device_port(path):
    connection = http.client.HTTPConnection("127.0.0.1", device, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


lines = over_tls("/models/hey_jarvis.yaml", f"192.168.7.7:{server.port}")
check("on_the_network_the_lines_name_the_port_for_devices", f'"http://192.168.7.7:{device}/models/hey_jarvis.json"' in lines, lines)
lines = over_tls("/models/hey_jarvis.yaml", f"localhost:{server.port}")
check("and_never_this_computers_own_name", "localhost" not in lines and "//127." not in lines and f":{device}/models/" in lines, lines)
status, body = over_device_port("/models/hey_jarvis.tflite")
check("devices_fetch_without_pairing", status == 200 and body == (data / "output" / NEW / "hey_jarvis.tflite").read_bytes(), status)
status, body = over_device_port("/api/trained_wake_words/catalog")
check("the_catalogue_is_for_devices_too", status == 200 and re.fullmatch(rf"http://(?!127\.|localhost)[^/]+:{device}",
                                                                         json.loads(body)["base_url"]), body)
check("the_list_with_its_deletions_is_not", over_device_port("/api/models")[0] in (401, 403, 404))
server.stop()
server = Server(data, "--lan", "--device-port=0", environment={"REC_ADVERTISED_HOST": "10.9.8.7"})
check("an_advertised_name_stands_for_this_computer", '"http://10.9.8.7:' in over_tls("/models/hey_jarvis.yaml", f"localhost:{server.port}"))
server.stop()
finish()
