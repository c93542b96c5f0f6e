"""Trainings that misbehave: what the server makes of children that fail, flood, hang, die, and of its own death."""
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time

import fakes
from serve import check, finish

fake = fakes.fake_program()
server = fakes.Server(fake)


def alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def pid_of(server):
    jobs = sorted((server.data / "work" / ".jobs").iterdir())
    return fakes.json.loads((jobs[-1] / "job.json").read_text())["pid"]


def text_of(data):
    return data.decode("utf-8", "replace")


# ---- one at a time (B24), and a session beside it (B30) -----------------------------------------------------------
check("no_session", server.post("/api/train").json["error"] == "No active session")
server.session("sleeper")
answer = server.post("/api/train")
check("no_takes", answer.status == 400 and answer.json["code"] == "NO_PERSONAL_SAMPLES" and answer.json["takes_total"] == 10, answer)
answers = fakes.in_threads(100, lambda i: server.train())
check("one_of_100_starts", sorted(a.status for a in answers) == [200] + [409] * 99, [a.status for a in answers])
check("the_others_hear_why", all(a.json["code"] == "TRAINING_RUNNING" and a.json["error"] == "Training already running"
                                 and "sleeper" in a.json["message"] for a in answers if a.status == 409))
check("one_process", len(list((server.data / "work" / ".jobs").iterdir())) == 1)
time.sleep(0.5)
status = server.status()
check("progress_is_in_the_status", status["stage"] == "generate" and status["progress"] == 0.25 and status["stage_progress"] == 0.5
      and status["note"] == "counting sheep" and 20 < status["eta_s"] <= 30 and status["running"], status)
before = server.log_bytes()
check("the_same_session_again", server.session("sleeper").status == 200)
check("another_word_must_wait", server.session("another").status == 409)
check("a_session_leaves_the_log_alone", server.log_bytes().startswith(before))
check("busy_comes_first", server.post("/api/train").json.get("code") == "TRAINING_RUNNING")

# ---- killed and started again while it runs -------------------------------------------------------------------------
pid = pid_of(server)
events = server.events(until=lambda event, data: event == "log" and "sheep 9\n" in data["text"])
server.stop(kill=True)
time.sleep(0.5)
check("the_training_outlives_the_server", alive(pid))
server.start()
status = server.status()
check("a_new_server_finds_it", status["running"] and status["safe_word"] == "sleeper" and status["progress"] == 0.25, status)
check("and_starts_no_other", server.train().status == 409)
after = server.events(events[-1][0], until=lambda event, data: event == "log" and data["next"] > events[-1][2]["next"] + 60)
shown = "".join(data["text"] for _, event, data in events + after if event == "log")
check("a_page_goes_on_where_it_was", text_of(server.log_bytes()).startswith(shown) and shown.count("sheep 9\n") == 1, shown)
began = time.time()
check("cancel", server.post("/api/train/cancel").json.get("state") == "cancelling")
status = server.over()
check("cancelled_by_the_new_server", status["state"] == "cancelled" and status["resumable"] and time.time() - began < 5, status)
check("nobody_is_left", not alive(pid))
check("the_last_line_says_so", "cancelled" in server.log_bytes().decode().splitlines()[-1])
check("cancel_of_nothing", server.post("/api/stop_session").status == 409)

# ---- it dies while no server is there ---------------------------------------------------------------------------------
server.train("slow end")
server.stop(kill=True)
time.sleep(3)
server.start()
status = server.status()
check("finished_without_a_server", status["state"] == "finished" and status["run"] == "2026-run" and status["exit_code"] == 0, status)
check("and_its_log_ends", "finished" in server.log_bytes().decode().splitlines()[-1])
server.train("sleeper")
server.stop(kill=True)
os.kill(pid_of(server), signal.SIGKILL)
time.sleep(0.2)
server.start()
status = server.status()
check("killed_without_a_server", status["state"] == "failed" and "without a word" in status["reason"] and status["resumable"], status)
server.stop()
server.start()
check("the_end_survives_a_restart", server.status()["reason"] == status["reason"])

# ---- ends (B26) -----------------------------------------------------------------------------------------------------------
for phrase, code, words in (("fails", 1, "the disk is full"), ("tells why", 1, "the reason it told"), ("killed", 137, "signal 9")):
    server.train(phrase)
    status, last = server.over(), None
    last = server.log_bytes().decode().splitlines()[-1]
    check(f"{phrase}_is_told", status["state"] == "failed" and words in status["reason"] and words in last
          and status["exit_code"] == code, (status, last))
check("reason_without_the_programs_name", server.train("fails").status == 200 and server.over()["reason"].startswith("cannot"))
os.rename(fake, f"{fake}.away")
answer = server.train("fails")
status = server.status()
check("a_program_that_is_not_there", answer.status == 500 and "cannot start" in answer.json["error"] and status["state"] == "failed"
      and "cannot start" in server.log_bytes().decode().splitlines()[-1], (answer, status))
os.rename(f"{fake}.away", fake)
server.train("garbage")
status = server.over()
check("events_that_are_none", status["state"] == "finished" and status["progress"] == 1, status)

# ---- no byte stops it (B34), cancel of one that does not want to --------------------------------------------------------------
server.train("stubborn")
time.sleep(0.5)
pid = pid_of(server)
group = [int(p) for p in subprocess.run(["ps", "-o", "pid=", "-s", str(pid)], capture_output=True, text=True).stdout.split()]
began = time.time()
server.post("/api/train/cancel")
check("cancelling", server.status()["state"] == "cancelling" and server.post("/api/train/cancel").status == 200)
status = server.over()
check("a_stubborn_one_is_killed", status["state"] == "cancelled" and time.time() - began < 5, (time.time() - began, status))
check("with_its_children", len(group) == 2 and not any(alive(p) for p in group), group)

# ---- the log: everybody gets every byte once (B27, B28, B28b, B29) -------------------------------------------------------------
for phrase in ("hundred thousand", "dirty"):
    server.train(phrase)
    stream = []
    texts = fakes.in_threads(3, lambda i: server.poll_log((0, 0.15)[i]) if i < 2 else "".join(
        data["text"] for _, event, data in server.events(
            until=lambda event, data: event == "log" and " =====\n" in data["text"][-20:] and data["offset"] > 1000) if event == "log"))
    whole = text_of(server.log_bytes())
    for name, text in zip(("a_fast_client", "a_slow_client", "a_stream"), texts):
        check(f"{name}_gets_the_log_of_{phrase.replace(' ', '_')}", text == whole, (len(text), len(whole)))
check("same_lines_are_lines", whole.count("same line\n") == 1000)
tail = server.get("/api/training/log-tail?lines=3").json
check("tail", tail["lines"] == whole.splitlines(keepends=False)[-3:] or tail["log_text"] == "".join(x + "\n" for x in tail["lines"]), tail)
check("tail_is_400", len(server.get("/api/training/log-tail").json["lines"]) == 400)
check("download", server.get("/api/training/log").body == server.log_bytes())
server.train("hundred thousand")
server.over()
size = server.status()["log_size"]
check("without_since_the_tail", server.status()["log_text"].count("\n") == 400 and server.status()["log_offset"] == size)
check("behind_the_end_is_another_log", server.status(10 ** 12)["log_begin"] == 0 and server.status(-5)["log_begin"] == 0)
old = server.get("/api/train_status?since=100&job=other").json["training"]
check("of_another_job_from_the_start", old["log_begin"] == 0 and server.get(
    f"/api/train_status?since=100&job={old['job']}").json["training"]["log_begin"] == 100)
parts = []
while True:
    text = server.get("/api/train_status?cursor=legacy").json["training"]["log_text"]
    if not text:
        break
    parts.append(text)
check("legacy_clients_lose_nothing", "\n".join(parts) + "\n" == text_of(server.log_bytes()), len(parts))

# ---- limits (B36) ---------------------------------------------------------------------------------------------------------------
server.train("flood")
server.over(120)
file = (server.data / "recorder_training.log").resolve()
about = file.stat()
status = server.status()
check("a_flood_keeps_its_end", "the very last line\n" in status["log_text"] and about.st_size > 49_000_000, about)
check("and_not_its_beginning", about.st_blocks * 512 < 34 << 20, about.st_blocks * 512)
first = server.status(0)
check("offsets_stay", first["log_begin"] > 0 and first["log_text"].startswith("x" * 99 + "\n"), first["log_begin"])
for _ in range(22):
    server.train("tells why")
    server.over()
kept = sorted((server.data / "work" / ".jobs").iterdir())
check("20_jobs_are_kept", len(kept) == 20 and server.status()["job"] == kept[-1].name, len(kept))

# ---- curves, metrics, announcements ------------------------------------------------------------------------------------------------
server.train("curves")
heard = server.events(until=lambda event, data: event == "models")
metrics = [data for _, event, data in heard if event == "metric"]
check("metrics_are_told", any("recall" in m for m in metrics) and all("event" not in m for m in metrics))
curves = server.get("/api/training/curves").json
check("curves_are_thin", curves["steps"] == 4000 and 400 <= len(curves["loss"]) <= 500 and len(curves["judged"]) == 10)
check("curves_are_right", curves["judged"][-1] == [4000, 1.0, 1.5] and curves["loss"] == sorted(curves["loss"])
      and abs(curves["loss"][-1][1] - 1 / 3997) < 1e-5, curves["loss"][-1])
server.stop()
server.start()
check("curves_survive_a_restart", server.get("/api/training/curves").json == curves)

# ---- a training in a terminal: its lock, and what it tells ------------------------------------------------------------------------------
def seen(wanted, seconds=10):
    end = time.time() + seconds
    while time.time() < end and not wanted(server.status()):
        time.sleep(0.05)
    return server.status()


def told(*events):
    return "".join(json.dumps(event) + "\n" for event in events)


usual = server.data / "work/.events"
usual.write_text(told({"event": "begin", "pid": 1, "phrase": "an older one"}, {"event": "metric", "step": 9, "steps": 10, "loss": 9}))
with open(server.data / "work/.lock", "w", encoding="ascii") as lock:
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    fcntl.flock(lock, fcntl.LOCK_EX)
    status = seen(lambda status: status["by"] == "command line")
    time.sleep(1.5)
    check("a_terminal_that_tells_nothing_has_its_number", server.status()["process"] == os.getpid() and status["phrase"] is None
          and status["stage"] is None and server.get("/api/training/curves").json["loss"] == [], status)
    usual.write_text(told({"event": "begin", "pid": os.getpid(), "phrase": "good morning", "language": "en", "preset": "draft",
                           "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 100))},
                          {"event": "progress", "stage": "train", "progress": 0.5, "overall": 0.75, "overall_eta_s": 50},
                          {"event": "metric", "step": 5, "steps": 10, "loss": 0.5}))
    status = seen(lambda status: status["progress"] == 0.75)
    check("a_terminals_progress_is_seen", (status["phrase"], status["preset"], status["stage"], status["stage_progress"])
          == ("good morning", "draft", "train", 0.5) and 40 < status["eta_s"] <= 50 and 100 <= status["elapsed_s"] < 130
          and status["metrics"]["step"] == 5, status)
    with open(usual, "a", encoding="utf-8") as file:
        file.write(told({"event": "metric", "step": 10, "steps": 10, "loss": 0.25}))
    heard = server.events(until=lambda event, data: event == "metric", seconds=10)
    check("a_terminals_curves_are_seen", server.get("/api/training/curves").json["loss"] == [[5, 0.5], [10, 0.25]]
          and heard[-1][2]["step"] == 10, heard[-1])
status = seen(lambda status: status["by"] == "server")
check("then_the_last_of_ours_again", status["process"] is None and server.get("/api/training/curves").json == curves, status)

# ---- children of requests -------------------------------------------------------------------------------------------------------------
for phrase, seconds, words in (("floods", 5, "answered more"), ("babbles", 3, "can be read"), ("dies", 3, "signal 11"),
                               ("talks", 3, "no such luck"), ("hangs", 12, "too long")):
    began = time.time()
    answer = server.get(f"/api/hints?phrase={phrase}")
    check(f"a_check_that_{phrase}", answer.status == 409 and words in answer.json["error"] and time.time() - began < seconds, answer)

# ---- any request gets a sentence (B35) ---------------------------------------------------------------------------------------------------
wrong = [None, True, 5, -1, 1.5, "", "abc", "x" * 5000, [], [1], {}, {"a": 1}, ["", "\u0000"], "\u0000", "\ud83d", 1e300]
bad = []
for path, fields in (("/api/train", ("allow_no_personal", "preset", "phonemes", "also", "false_accepts", "restart")),
                     ("/api/preview", ("phrase", "lang", "phonemes", "also", "clips")), ("/api/train/cancel", ("x",)), ("/api/stop_session", ("x",))):
    for field in fields:
        for value in wrong:
            server.session("tells why")
            answer = server.post(path, {"phrase": "talks", "allow_no_personal": True, field: value})
            if not (answer.status == 200 or (400 <= answer.status < 500 and answer.json.get("error") and answer.json.get("code"))):
                bad.append((path, field, value, answer))
            if answer.status == 200 and path == "/api/train":
                server.over()
for query in ("since=abc", "since=9999999999999999999999", "since=-1", "since=", "lines=0", "lines=5000", "phrase=", "phrase=%00", "phrase=%ff",
              "phrase=x&lang=klingon", "phrase=" + "y" * 1000, "cursor=%ff", "job=%00"):
    for path in ("/api/train_status", "/api/training/log-tail", "/api/hints", "/api/training/curves", "/api/presets"):
        answer = server.get(f"{path}?{query}")
        if answer.status >= 500:
            bad.append((path, query, answer))
for body in (b"", b"{", b"[]", b"null", b"\xff", b'{"preset":"draft"', b"5"):
    for path in ("/api/train", "/api/preview", "/api/train/cancel"):
        answer = server.request("POST", path, body, {"Content-Type": "application/json"})
        if answer.status >= 500:
            bad.append((path, body, answer))
        if server.status()["running"]:
            server.over()
for path in ("/api/preview/..%2f..%2f/x.wav", "/api/preview/" + "0" * 32 + "/%2e%2e", "/api/preview/" + "0" * 32 + "/index.json", "/api/preview/a/b.wav"):
    answer = server.get(path)
    if not 400 <= answer.status < 500:
        bad.append((path, answer))
check("no_request_is_an_accident", not bad, bad[:5])

server.stop()
shutil.rmtree(server.data, ignore_errors=True)
finish()
