"""What people expect of a program in a terminal: its manual page, completion, build facts, a look at this computer, and the
models that are finished."""
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import time

from common import GOLDEN, PROGRAM, check, finish, run

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith tools "))


def call(*arguments, **environment):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def refused(name, *arguments, says):
    result = call(*arguments)
    check(name, result.returncode == 1 and result.stderr.count("\n") == 1 and says in result.stderr and "\033" not in result.stderr, str(result))


def options_of(command):  # what --help shows
    return [line.split()[0].split("=")[0] for line in run(command, "--help").splitlines() if line.startswith("  --")]


COMMANDS = ("train", "serve", "say", "check", "voices", "evaluate", "compare", "detect", "features", "infer", "inspect", "report", "runs", "doctor", "datasets",
            "bench", "man", "completion", "train_wake_word", "wake_word_sample_generator", "wake_word_sample_augmenter",
            "wake_word_sample_trainer", "setup_training_datasets", "run_recorder.sh")
LINKS = COMMANDS[-6:]
lines = run("--version").splitlines()
check("the_version_comes_first_then_the_build", lines[0].split()[0] == "wakesmith" and len(lines[0].split()) == 2
      and [line.split()[0] for line in lines[1:]] == ["built", "kernels:", "page:"], str(lines))
check("the_version_tells_the_kernels_used", "kernels: plain" in call("--version", WAKESMITH_CPU="plain").stdout)
check("help_tells_the_exit_status", "Exit status: 0 done; 1 " in run("--help"))

# The manual page has every option of every command, and no fault of its form.
page = run("man")
plain = page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "").replace("\\fI", "")
sections = {part.split()[0]: part for part in plain.split("\n.SS ")[1:]}
missing = [(command, option) for command in COMMANDS for option in options_of(command) if f"\n{option}" not in sections.get(command, "")
           and f", {option}" not in sections.get(command, "")]
check("the_manual_has_every_option", not missing, str(missing))
check("the_manual_tells_exit_status_and_environment", all(f".SH {head}" in page for head in ("NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT", "FILES")))
if shutil.which("groff"):
    result = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=page.encode("ascii"), capture_output=True)
    check("the_manual_has_no_fault", result.returncode == 0 and not result.stderr, result.stderr.decode())


def complete(*words):  # bash's proposals for the last word
    text = run("completion", "bash")
    script = f"{text}\nCOMP_WORDS=({' '.join(repr(word) for word in words)})\nCOMP_CWORD={len(words) - 1}\n_wakesmith\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=root)
    return [line for line in result.stdout.split("\n") if line] if result.returncode == 0 else [result.stderr]


if shutil.which("bash"):
    (root / "a clip.wav").write_bytes(b"")
    check("bash_knows_the_commands", set(COMMANDS) <= set(complete("wakesmith", "")) and complete("wakesmith", "tra") == ["train", "train_wake_word"],
          str(complete("wakesmith", "tra")))
    bad = [command for command in COMMANDS if set(complete("wakesmith", command, "--")) != set(options_of(command))]
    check("bash_knows_every_option_of_every_command", not bad, str(bad))
    check("bash_knows_the_links", set(complete("/usr/bin/train_wake_word", "--")) == set(options_of("train_wake_word")))
    check("bash_knows_files", complete("wakesmith", "detect", "a") == ["a clip.wav"] and complete("wakesmith", "train", "--negatives", "a") == ["a clip.wav"])
    check("bash_leaves_other_values_alone", complete("wakesmith", "train", "--lang", "") == [])
for shell in ("zsh", "fish"):
    if shutil.which(shell):
        (root / shell).write_text(run("completion", shell))
        result = subprocess.run([shell, "-n", str(root / shell)], capture_output=True, text=True)
        check(f"{shell}_reads_its_completion", result.returncode == 0 and not result.stderr, result.stderr)
if shutil.which("fish"):
    for line, expected in (("wakesmith tra", {"train", "train_wake_word"}), ("train_wake_word --cleanup", {"--cleanup-work-dir"}),
                           ("wakesmith train --near-", {"--near-neural", "--near-weight"})):
        told = subprocess.run(["fish", "-c", f"source '{root}/fish'; complete -C '{line}'"], capture_output=True, text=True).stdout
        check(f"fish_completes_{line.replace(' ', '_')}", {row.split(chr(9))[0].split("=")[0] for row in told.splitlines()} == expected, told)
refused("a_shell_that_is_not_known", "completion", "tcsh", says="tcsh")

# The doctor.
told = run("doctor", f"--data-dir={root}/not/yet/there")
check("the_doctor_looks_at_each_part", all(f" {part} " in told for part in ("processor", "memory", "data directory", "voices", "neural voices", "ffmpeg", "page"))
      and not (root / "not").exists(), told)
facts = json.loads(run("doctor", "--json", f"--data-dir={root}"))
check("the_doctor_speaks_json", facts["can_train"] and {part["health"] for part in facts["parts"]} <= {"ok", "note", "missing"}, str(facts))
(root / "file").write_text("")
result = call("doctor", f"--data-dir={root}/file/x")
check("the_doctor_says_what_stands_against_training", result.returncode == 1 or os.geteuid() == 0, str(result))

# Finished runs: listed, shown, deleted, brought back.
data = f"--data-dir={root}/data"
check("no_runs_are_told", run("runs", data).startswith("no runs in "))
for seed in (1, 2):
    run("train", "hey jarvis", "--preset=draft", "--samples=50", "--training-steps=20", f"--seed={seed}", "--title=Hey \"J\"", data)
runs = json.loads(run("runs", "list", "hey_jarvis", "--json", data))["runs"]
check("runs_are_listed_newest_first", len(runs) == 2 and [one["published"] for one in runs] == [True, False] and runs[0]["title"].startswith("Hey \"J\""), str(runs))
table = run("runs", data)
check("the_list_is_a_line_a_run", table.count("\n") == 3 and table.startswith("* ") and all(one["run"] in table for one in runs), table)
shown = run("runs", "show", runs[1]["run"], data)
check("a_run_is_shown", f"Model:    {runs[1]['folder']}/hey_jarvis.tflite" in shown and "moderately" in shown, shown)
newest = run("runs", "show", "hey_jarvis", data)
check("an_id_is_its_newest_run", runs[0]["run"] in newest, newest)
gone = run("runs", "delete", "hey_jarvis", data)
left = json.loads(run("runs", "--json", data))["runs"]
check("the_newest_is_deleted_and_the_other_takes_its_place", [(one["run"], one["published"]) for one in left] == [(runs[1]["run"], True)], str(left))
ticket = gone.split("restore ")[1].split()[0]
check("what_is_deleted_comes_back", run("runs", "restore", ticket, data) == f"{runs[0]['run']} is back\n" and json.loads(run("runs", "--json", data))["runs"] == runs)
refused("a_run_that_is_not_there", "runs", "show", "../../etc", data, says="there is no run")
refused("a_ticket_that_is_none", "runs", "restore", "../x", data, says="ticket")
refused("an_action_that_is_none", "runs", "burn", "x", data, says="burn")
refused("nothing_to_delete", "runs", "delete", data, says="name at least one")


# inspect: everything that an independent reader of the official files found in them (<model>.ops.txt), and what they cost.
def parts_of(text):  # name of each graph, its tensors and operators, its inputs and outputs
    graphs = []
    for line in text.splitlines():
        if found := re.match(r"subgraph \d+ name=(.*) inputs=([\d ]*) ?outputs=([\d ]*)", line):
            graphs.append({"name": found[1], "inputs": list(map(int, found[2].split())), "outputs": list(map(int, found[3].split())), "operators": [], "tensors": []})
        elif found := re.match(r" op \d+ (\w+) ", line):
            graphs[-1]["operators"].append(found[1])
        elif found := re.match(r" tensor \d+ (.*) (\w+) \[([\d,]*)\] buf=\d+ bytes=(\d+)(?: q dim=(\d+) n=(\d+) scale=(\S+) zp=(-?\d+))?", line):
            quantised = () if found[5] is None else (int(found[5]) if int(found[6]) > 1 else 0, int(found[6]), float(found[7]), int(found[8]))
            graphs[-1]["tensors"].append((found[1], found[2].lower(), [int(size) for size in found[3].split(",") if size], int(found[4]), quantised))
    return graphs


def told_of(graph):
    def quantised(tensor):
        if "scale" not in tensor:
            return ()
        return tensor.get("quantized_dimension", 0), len(tensor.get("scales", [0])), float(f"{tensor['scale']:.9g}"), tensor["zero_point"]
    return {**graph, "tensors": [(t["name"], t["type"], t["shape"], t["bytes"], quantised(t)) for t in graph["tensors"]]}


OFFICIAL = {"alexa": (23968, 26188, 3024, 3), "hey_jarvis": (21630, 23722, 2840, 3), "computer": (26080, 28408, 5496, 2), "vad": (13760, 15124, 1120, 3)}
for name, (macs, constants, states, stride) in OFFICIAL.items() if GOLDEN.is_dir() else ():
    file = GOLDEN / "models" / f"{name}.tflite"
    facts = json.loads(run("inspect", file, "--json"))
    graphs, seen = parts_of(file.with_suffix(".ops.txt").read_text()), list(map(told_of, facts["subgraphs"]))
    odd = [(a, b) for one, two in zip(graphs, seen) for a, b in zip(one["tensors"], two["tensors"]) if a[:4] != b[:4] or a[4][:2] != b[4][:2]
           or any(abs(x - y) > 1e-6 * abs(x) for x, y in zip(a[4][2:], b[4][2:]))]
    check(f"inspect_has_every_operator_and_tensor_of_{name}", len(graphs) == len(seen) == 2 and len(seen[0]["tensors"]) > 40 and not odd
          and all(a[key] == b[key] for a, b in zip(graphs, seen) for key in ("name", "operators", "inputs", "outputs"))
          and [len(a["tensors"]) for a in graphs] == [len(b["tensors"]) for b in seen], odd[:3])
    check(f"inspect_tells_what_{name}_costs", (facts["macs_per_step"], facts["constant_bytes"], facts["state_bytes"], facts["stride"])
          == (macs, constants, states, stride) and abs(facts["macs_per_second"] - macs * 100 / stride) < 1e-6 * macs
          and sum(eval("*".join(map(str, state["shape"]))) for state in facts["states"]) == states and len(facts["states"]) == facts["variables"]
          and facts["arena"]["none"] < facts["arena"]["esp_nn_1_1"] < facts["arena"]["esp_nn_1_2"] <= facts["arena_recommended"] / 1.1
          and facts["faults"] == [], {key: facts[key] for key in facts if key != "subgraphs"})
    text = run("inspect", file, "--tensors")
    check(f"inspect_says_it_in_words_for_{name}", f"{macs} multiplications a step, {macs / stride / 1e4:.2f} million a second" in text
          and text.count("\nstate ") == facts["variables"] and text.count("\ntensor arena") == 4 and text.count(", constant, ") > 20
          and re.search(rf"input: int8 \[1,{stride},40\] scale 0.10\d+ zero -128", text) and "output: uint8 [1,1]" in text and "nothing here keeps a device" in text, text[:700])
if GOLDEN.is_dir():
    wrong = bytearray((GOLDEN / "models/alexa.tflite").read_bytes())
    check("the_operator_is_where_it_was", wrong[55668] == wrong[55675] == 114)
    wrong[55668] = wrong[55675] = 6  # QUANTIZE becomes DEQUANTIZE, which no device has
    (root / "wrong.tflite").write_bytes(wrong)
    result = call("inspect", root / "wrong.tflite", "--json")
    facts = json.loads(result.stdout)
    check("inspect_names_what_a_device_would_refuse", result.returncode == 1 and "would refuse" in result.stderr and result.stderr.count("\n") == 1
          and len(facts["faults"]) == 1 and "operator 44" in facts["faults"][0] and "builtin 6" in facts["subgraphs"][0]["operators"], result.stderr)
    result = call("inspect", root / "wrong.tflite")
    check("and_says_so_in_words", result.returncode == 1 and "a device would refuse it: operator 44" in result.stdout and "(not on the device)" in result.stdout)


# Exit statuses: 0, 1, 2 and 130, as --help and the manual tell them.
def stopped(number, times=1):
    child = subprocess.Popen([PROGRAM, "train", "stop", "--preset=draft", f"--data-dir={root}/stop", "--json"], stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    child.stderr.readline()
    for line in child.stderr:
        if '"speech"' in line:
            break
    for _ in range(times):
        child.send_signal(number)
        time.sleep(0.0005)
    child.communicate(timeout=60)
    return child.returncode


check("the_exit_status_0_is_done", call("check", "jarvis").returncode == 0)
check("the_exit_status_1_is_failed_or_wrong", [call(*words).returncode for words in ([], ["nothing"], ["train"], ["train", "--seed=x", "y"],
      ["inspect", "/none"], ["detect", "/none", "/none"], ["runs", "show", "none", data])] == [1] * 7)
check("the_exit_status_2_is_stopped", [stopped(signal.SIGINT), stopped(signal.SIGTERM)] == [2, 2])
check("the_exit_status_130_is_a_second_stop", any(stopped(signal.SIGINT, 2) == 130 for _ in range(4)))
check("the_manual_tells_these", re.findall(r"\.TP\n\.B (\d+)\n", page.split(".SH EXIT STATUS")[1].split(".SH")[0]) == ["0", "1", "2", "130"])


# A terminal gets one line that is rewritten, and never colours; NO_COLOR has nothing to take away.
def at_a_terminal(*arguments, **more):
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    child = subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL, env={**environment, "TERM": "xterm", **more})
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            piece = b""
        if not piece:
            break
        seen += piece
    os.close(ours)
    return child.wait(), seen.decode()


for name, more in (("with_NO_COLOR", {"NO_COLOR": "1"}), ("without_NO_COLOR", {}), ("in_a_dumb_terminal", {"TERM": "dumb"})):
    code, seen = at_a_terminal("train", "hey jarvis", "--preset=draft", "--samples=50", "--training-steps=20", data, **more)
    check(f"nothing_is_coloured_{name}", code == 0 and not re.search(r"\033\[[\d;]*m", seen) and ("\033[K" in seen) == (more.get("TERM") != "dumb"), seen[:300])
# ---- as it is installed, in a clean folder ----

clean = root / "clean"
result = subprocess.run(["meson", "install", "-C", os.environ["WAKESMITH_BUILD"], "--no-rebuild", "--quiet", "--destdir", str(clean)],
                        capture_output=True, text=True, timeout=120)
programs = sorted(path for path in clean.rglob("bin/*") if os.access(path, os.X_OK))
check("B39_all_programs_are_installed_and_may_run", result.returncode == 0 and sorted(path.name for path in programs) == sorted(("wakesmith", *LINKS)),
      result.stderr or str(programs))
told = [subprocess.run([path, "--help"], capture_output=True, text=True, timeout=60, cwd=clean, env={"PATH": "/usr/bin:/bin"}) for path in programs]
check("B39_and_run_from_there", programs and all(one.returncode == 0 and "usage:" in one.stdout for one in told), str(told)[:500])
check("B39_with_their_manual", len(list(clean.rglob("man1/*.1"))) == 1 + len(LINKS))

finish()
