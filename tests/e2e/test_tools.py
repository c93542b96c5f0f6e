"""What people expect of a program in a terminal: its manual page, completion, build facts, a look at this computer, and the
models that are finished."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from common import PROGRAM, check, finish, run

root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith tools "))


def call(*arguments, **environment):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})


def refused(name, *arguments, says):
    result = call(*arguments)
    check(name, result.returncode == 1 and result.stderr.count("\n") == 1 and says in result.stderr and "\033" not in result.stderr, str(result))


def options_of(command):  # what --help shows
    return [line.split()[0].split("=")[0] for line in run(command, "--help").splitlines() if line.startswith("  --")]


COMMANDS = ("train", "serve", "say", "check", "voices", "evaluate", "compare", "detect", "features", "infer", "inspect", "report", "runs", "doctor",
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
finish()
