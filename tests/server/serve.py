"""A server on a free port for a test, and plain requests to it. Results are printed like cmocka's (see check)."""
import atexit
import contextlib
import http.client
import io
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time
import uuid
import wave

from contract import Contract

PROGRAM = os.environ["WAKESMITH_PROGRAM"]
SHARED = pathlib.Path(os.environ["WAKESMITH_SHARED"])
failures = []
contract = Contract(PROGRAM) # every answer that a test gets is held to it


def check(name, good, detail=""):
    print(f"[       OK ] {name}" if good else f"[  FAILED  ] {name}", flush=True)
    if not good:
        print(f"    {detail}", flush=True)
        failures.append(name)


def finish():
    sys.exit(1 if failures else 0)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Server:
    """`wakesmith serve` on the loopback, a folder of its own as data directory."""

    def __init__(self, data=None, *options, environment=None):
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="wakesmith server "))
        self.options, self.environment = options, environment or {}
        atexit.register(self.stop) # a test that breaks off leaves no server behind
        self.start()

    def start(self):
        command = [PROGRAM, "serve", "--port=0", f"--data-dir={self.data}", *self.options]
        self.log = open(self.data / "server.out", "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT,
                                        env={**os.environ, **self.environment})
        for _ in range(300):
            said = (self.data / "server.out").read_text()
            found = re.search(r"(https?)://(?:localhost|[0-9.]+):(\d+)", said)
            if found:
                self.port = int(found[2])
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"the server does not start: {said}")

    def stop(self, kill=False):
        if self.process.poll() is None:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(20)
        self.log.close()

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer = Answer(answer.status, answer.headers, answer.read())
        for fault in contract.judge(method, path, answer.status, answer.headers, answer.body):
            check(f"{method} {path[:60]} keeps to its shape", False, fault)
        return answer

    def get(self, path, **headers):
        return self.request("GET", path, headers=headers)

    def delete(self, path):
        return self.request("DELETE", path)

    def post(self, path, value=None):
        return self.request("POST", path, json.dumps({} if value is None else value),
                            {"Content-Type": "application/json"})

    def form(self, path, **fields):
        """A value that is a pair (name, bytes) is a file."""
        edge = uuid.uuid4().hex
        parts = []
        for key, value in fields.items():
            name, content = value if isinstance(value, tuple) else (None, str(value).encode())
            file = f'; filename="{name}"\r\nContent-Type: application/octet-stream' if name is not None else ""
            parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="{key}"{file}\r\n\r\n'.encode() + content + b"\r\n")
        body = b"".join(parts) + f"--{edge}--\r\n".encode()
        return self.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})


def wav(samples, rate=16000, channels=1):
    """16-bit samples as the bytes of a wav file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return out.getvalue()


def float_wav(samples, rate, channels):
    data = struct.pack(f"<{len(samples)}f", *samples)
    form = struct.pack("<HHIIHH", 3, channels, rate, rate * channels * 4, channels * 4, 32)
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data"
            + struct.pack("<I", len(data)) + data)


def samples_of(data):
    with wave.open(io.BytesIO(data)) as file:
        assert file.getframerate() == 16000 and file.getnchannels() == 1 and file.getsampwidth() == 2
        return list(struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes())))
