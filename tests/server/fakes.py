"""Servers whose trainings are small programs that misbehave, and readers of their logs."""
import json
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
import pathlib

import serve

# Does what its phrase says. $EVENTS is where it tells, as `wakesmith train --events` does.
FAKE = r'''
import json, os, signal, sys, time
options = dict(a[2:].split("=", 1) for a in sys.argv[2:] if a.startswith("--") and "=" in a)
phrase, out = options.get("phrase", ""), sys.stdout.buffer
def tell(**line):
    with open(options["events"], "a") as file:
        file.write(json.dumps(line) + "\n")
def nap(seconds):
    end = time.time() + seconds
    while time.time() < end:
        time.sleep(0.05)
if sys.argv[1] == "train":
    tell(event="begin", pid=os.getpid(), phrase=phrase)
if phrase == "sleeper":
    tell(event="progress", stage="speech", note="counting sheep", progress=0.5, overall=0.25, overall_eta_s=30)
    for i in range(600):
        print("sheep", i, flush=True)
        nap(0.1)
elif phrase == "curves":
    for step in range(1, 4001):
        for seed in range(2):
            tell(event="metric", seed=seed, step=step, steps=4000, loss=1 / step)
        if step % 400 == 0:
            tell(event="metric", seed=0, step=step, steps=4000, recall=step / 4000, per_hour=1.5)
    nap(0.5)
    tell(event="finished", run="2026-run", model="output/2026-run/x.tflite")
elif phrase == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.fork() == 0:
        nap(60)
    nap(60)
elif phrase == "hundred thousand":
    out.write(b"".join(b"line %d of many\n" % i for i in range(100000)))
elif phrase == "dirty":
    out.write(b"bad \xff\xfe utf-8 \xc3( \xed\xa0\x80\n\x00nul\x1b[31mred\x07\r50%\r100%\n\xe2\x82\xac euro\n")
    out.write(b"same line\n" * 1000)
    out.write("ёж ".encode() * 200000 + b"\nno newline at the end \xf0\x9f")
elif phrase == "flood":
    line = b"x" * 99 + b"\n"
    for i in range(500):
        out.write(line * 1000)
        out.flush()
        time.sleep(0.004)
    out.write(b"the very last line\n")
elif phrase == "fails":
    print("wakesmith train: cannot write the model: the disk is full", file=sys.stderr)
    sys.exit(1)
elif phrase == "tells why":
    tell(event="ended", code=-2, stopped=False, reason="the reason it told")
    sys.exit(1)
elif phrase == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif phrase == "slow end":
    nap(2.5)
    tell(event="finished", run="2026-run")
elif phrase == "garbage":
    with open(options["events"], "ab") as file:
        file.write(b"\xff\xfe\n{\n[1]\n{\"event\": 5}\n{\"event\":\"progress\",\"stage\":7,\"progress\":\"x\",\"overall\":1e999}\n"
                   b"{\"event\":\"metric\",\"step\":-5,\"steps\":0,\"loss\":1}\n{\"event\":\"metric\",\"step\":9e15,\"steps\":3}\n" + b"a" * 3000000 + b"\n")
    tell(event="progress", stage="train", note="x" * 5000 + "ё" * 500, progress=7, overall=-3, overall_eta_s=-1)
    nap(0.5)
    tell(event="finished", run="2026-run")
if sys.argv[1] == "check":
    {"hangs": lambda: nap(600), "floods": lambda: out.write(b"y" * 50000000), "babbles": lambda: out.write(b"{]"),
     "dies": lambda: os.kill(os.getpid(), signal.SIGSEGV)}.get(sys.argv[-1], lambda: sys.exit("wakesmith check: no such luck"))()
'''


def program(folder, text):
    path = pathlib.Path(folder) / "program"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def fake_program():
    return program(tempfile.mkdtemp(prefix="wakesmith-fake-"), f"#!{sys.executable}\n{FAKE}")


def small_program(*options):
    """The real one, with options that make its trainings small."""
    given = " ".join(options or ("--samples=60", "--training-steps=100", "--seeds=1"))
    return program(tempfile.mkdtemp(prefix="wakesmith-small-"),
                   f'#!/bin/sh\n[ "$1" = train ] && exec "{serve.PROGRAM}" "$@" {given}\nexec "{serve.PROGRAM}" "$@"\n')


class Server(serve.Server):
    """With another program for its children."""

    def __init__(self, program, data=None):
        self.program = program
        super().__init__(data)

    def start(self):
        self.log = open(os.devnull, "w")
        self.process = subprocess.Popen([os.environ["WAKESMITH_SERVE_WITH"], self.program, self.data], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the server does not start")
        self.port = int(line.rsplit(":", 1)[1].strip("/\n"))

    def session(self, phrase):
        return self.post("/api/start_session", {"phrase": phrase})

    def train(self, phrase=None, **more):
        if phrase:
            self.session(phrase)
        return self.post("/api/train", {"allow_no_personal": True, "preset": "draft", **more})

    def status(self, since=None):
        query = "" if since is None else f"?since={since}"
        return self.get(f"/api/train_status{query}").json["training"]

    def wait(self, *states, seconds=30):
        end = time.time() + seconds
        while time.time() < end:
            status = self.status(0)
            if status["state"] in states:
                return status
            time.sleep(0.05)
        raise RuntimeError(f"still {status['state']}, not {states}: {status}")

    def over(self, seconds=60):
        return self.wait("finished", "failed", "cancelled", seconds=seconds)

    def log_bytes(self):
        return (self.data / "recorder_training.log").read_bytes()

    def poll_log(self, pause=0.0):
        """All that a client gets who goes on at log_offset until the run is over."""
        text, offset = [], 0
        while True:
            status = self.status(offset)
            text.append(status["log_text"])
            moved = status["log_offset"] != offset
            offset = status["log_offset"]
            if not status["running"] and not moved and offset == status["log_size"]:
                return "".join(text)
            time.sleep(pause)

    def events(self, last_id=None, until=lambda event, data: False, seconds=60):
        """Events as (id, event, data) until one pleases or the time is up."""
        import http.client
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/api/events", headers={"Last-Event-ID": last_id} if last_id else {})
        answer, found, part = connection.getresponse(), [], {}
        end = time.time() + seconds
        while time.time() < end:
            line = answer.readline().decode()
            if not line:
                break
            key, _, value = line.rstrip("\n").partition(": ")
            if line != "\n":
                part[key] = value
            elif "event" in part:
                found.append((part["id"], part["event"], json.loads(part["data"])))
                if until(found[-1][1], found[-1][2]):
                    break
                part = {}
        connection.close()
        return found


def in_threads(count, work):
    results = [None] * count

    def one(index):
        results[index] = work(index)

    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
