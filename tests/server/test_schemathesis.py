"""Schemathesis reads the OpenAPI file and sends what it allows and what it forbids: no 500, every answer as described,
nothing wrong is taken. A minute and a half; training and the endless stream of events have tests of their own."""
import os
import pathlib
import subprocess
import sys
import tempfile

from runs import write_run
from serve import SHARED, Server, check, finish

CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method", "allow_header_conformance", "negative_data_rejection"]
# An address may be too long, a body too large: refusals that the tool does not expect by itself.
CONFIGURATION = """[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 416, 429, 431]
"""
# Each clip is a run of the speech engines: bounded here, tested elsewhere.
EXCLUDED = ["/api/events", "/api/train", "/api/preview"]

program = pathlib.Path(sys.executable).parent / "schemathesis"
if not program.exists():
    print("skipped: schemathesis is not installed")
    sys.exit(77)
server = Server(None, "--offline")
server.post("/api/start_session", {"phrase": "jarvis"})
clips = sorted((SHARED / "data" / "positives" / "jarvis").glob("*"))[:4] if SHARED.is_dir() else []
for clip in clips:
    server.form("/api/upload_personal_sample", file=(clip.name, clip.read_bytes()))
    server.request("POST", "/api/upload_captured_audio_raw", clip.read_bytes(), {"Content-Type": "audio/flac"})
write_run(server.data, "20260101-000000-hey_jarvis-1000-1000")
with tempfile.TemporaryDirectory() as folder:
    configuration = pathlib.Path(folder, "schemathesis.toml")
    configuration.write_text(CONFIGURATION)
    command = [program, f"--config-file={configuration}", "--no-color", "run", f"http://127.0.0.1:{server.port}/api/openapi.json",
               f"--checks={','.join(CHECKS)}", "--phases=coverage,fuzzing", "--max-time=90", "--max-examples=20", "--seed=1",
               "--continue-on-failure", "--request-timeout=30", "--suppress-health-check=all", "--warnings=off"]
    for path in EXCLUDED:
        command += ["--exclude-path", path]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": folder})
print(done.stdout[-1500:])
check("schemathesis finds nothing", done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:])
check("the server is well", server.get("/api/about").status == 200)
server.stop()
finish()
