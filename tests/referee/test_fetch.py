"""ESPHome's own code fetches our models from a running server: first time, unchanged, replaced, brought back; and its
validator accepts the lines that we tell people to paste."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from common import skip

sys.path.insert(0, str(pathlib.Path(os.environ["WAKESMITH_SOURCE"], "tests", "server")))
from runs import write_run  # noqa: E402
from serve import Server, check, finish  # noqa: E402

try:
    import requests
    from esphome.components import micro_wake_word as component
    from esphome.core import CORE
except ImportError as missing:
    skip(str(missing))

SATELLITE = """
esphome:
  name: satellite
esp32:
  board: esp32-s3-devkitc-1
  framework:
    type: esp-idf
i2s_audio:
  - id: bus
    i2s_lrclk_pin: GPIO3
    i2s_bclk_pin: GPIO2
microphone:
  - platform: i2s_audio
    id: mic
    i2s_audio_id: bus
    adc_type: external
    pdm: false
    i2s_din_pin: GPIO4
    channel: left
"""
home = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith esphome "))
data = home / "data"
FIRST, SECOND = "2026-01-01-10-00-00-hey_jarvis-900-1600", "2026-01-02-10-00-00-hey_jarvis-900-1600"
write_run(data, FIRST, salt=b"first")
server = Server(data)
url = f"http://127.0.0.1:{server.port}/models/hey_jarvis.json"
CORE.config_path = home / "satellite.yaml"
asked = []
send = requests.Session.send


def watched(self, request, **options):
    response = send(self, request, **options)
    asked.append((request.method, request.path_url.rsplit(".", 1)[1], response.status_code))
    return response


requests.Session.send = watched


def fetch(address=url):
    """What a build of ESPHome does; the requests that it made, and the pair that it would build in."""
    asked.clear()
    component._process_http_source({"type": "http", "url": address})
    folder = component._compute_local_file_path({"url": address})
    manifest, model = component._load_model_data(folder / "manifest.json")
    return list(asked), manifest, model


def forget_tags():
    """Older ESPHome knows times only."""
    for tag in pathlib.Path(CORE.data_dir).rglob(".*.etag"):
        tag.unlink()


def bytes_of(run):
    return (data / "output" / run / "hey_jarvis.tflite").read_bytes()


made, manifest, model = fetch()
check("esphome_fetches_the_pair", made == [("GET", "json", 200), ("GET", "tflite", 200)] and model == bytes_of(FIRST)
      and manifest == json.loads((data / "output" / FIRST / "hey_jarvis.json").read_text()), made)
unchanged = [("HEAD", "json", 304), ("HEAD", "tflite", 304)]
check("an_unchanged_pair_is_not_fetched_again", fetch()[0] == unchanged, asked)
time.sleep(1.1)
write_run(data, SECOND, salt=b"second")
made, _, model = fetch()
replaced = [("HEAD", "json", 200), ("GET", "json", 200), ("HEAD", "tflite", 200), ("GET", "tflite", 200)]
check("a_better_model_is_fetched", made == replaced and model == bytes_of(SECOND), made)
check("and_then_kept", fetch()[0] == unchanged, asked)
time.sleep(1.1)
server.delete(f"/api/models/{SECOND}")
made, _, model = fetch()
check("the_older_one_comes_back", made == replaced and model == bytes_of(FIRST), made)

# the same with times only
time.sleep(2.1)
forget_tags()
fetch()
forget_tags()
check("times_alone_are_enough_to_keep_it", fetch()[0] == unchanged, asked)
forget_tags()
write_run(data, SECOND + "-2", salt=b"third")
_, _, model = fetch()
check("times_alone_tell_a_new_one_at_once", model == bytes_of(SECOND + "-2"), asked)
time.sleep(1.1)
forget_tags()
server.delete(f"/api/models/{SECOND}-2")
_, _, model = fetch()
check("times_alone_tell_an_older_one", model == bytes_of(FIRST), asked)

# one run for ever
_, _, model = fetch(f"http://127.0.0.1:{server.port}/models/{FIRST}/hey_jarvis.json")
check("an_address_of_one_run_works_too", model == bytes_of(FIRST))

# no server: the last pair is kept
server.stop()
_, _, model = fetch()
check("without_the_server_the_last_pair_is_used", model == bytes_of(FIRST))
server.start()

lines = server.get("/models/hey_jarvis.yaml").body.decode()
(home / "satellite.yaml").write_text(SATELLITE + lines)
judged = subprocess.run([sys.executable, "-m", "esphome", "config", str(home / "satellite.yaml")], capture_output=True, text=True, timeout=300)
check("esphome_accepts_the_lines", judged.returncode == 0 and "valid" in judged.stdout + judged.stderr
      and "set_probability_cutoff(143)" in judged.stdout, judged.stdout[-800:] + judged.stderr[-800:])
server.stop()
finish()
