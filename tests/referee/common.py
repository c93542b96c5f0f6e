"""What the referee tests share: the program, test data, and the form of their results.

Results are printed like cmocka's, so that tests/summary.py counts them; a missing referee or missing data skips.
"""
import http.server
import io
import os
import pathlib
import random
import socketserver
import struct
import subprocess
import sys
import threading
import wave

SHARED = pathlib.Path(os.environ["WAKESMITH_SHARED"])
PROGRAM = os.environ["WAKESMITH_PROGRAM"]
GOLDEN = SHARED / "data" / "golden"
failures = []


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def need_shared():
    if not GOLDEN.is_dir():
        skip("no ../shared")


def check(name, good, detail=""):
    print(f"[       OK ] {name}" if good else f"[  FAILED  ] {name}", flush=True)
    if not good:
        print(f"    {detail}", flush=True)
        failures.append(name)


def finish():
    sys.exit(1 if failures else 0)


def run(*arguments, ok=True):
    """Runs the program; its standard output as text."""
    result = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    if ok and result.returncode != 0:
        raise RuntimeError(f"wakesmith {' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout if ok else result


def read_wav(path):
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())


def noise(rng, seconds, rate=16000):
    """A wav file of it, as bytes."""
    file, count = io.BytesIO(), int(seconds * rate)
    with wave.open(file, "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(rate)
        out.writeframes(struct.pack(f"<{count}h", *(rng.randint(-9000, 9000) for _ in range(count))))
    return file.getvalue()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # clients are killed and connections cut on purpose
        pass


def serve(handler):
    """Serves by a request handler on this machine; the server and its address."""
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def real_clips(count, seed=1):
    """A reproducible choice of recordings of people."""
    files = sorted((SHARED / "data" / "positives").rglob("*.flac"))
    return random.Random(seed).sample(files, min(count, len(files)))
