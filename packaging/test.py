"""Tries the package and the steps of the Dockerfile in folders that hold a fresh Debian, entered by chroot.

The package: installed by apt, trains a draft model, its page answers, and removing it keeps the data. The Dockerfile: every line is
carried out as Docker would, each FROM in a folder of its own. Mirrors and keys are those of this machine's apt.
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parent.parent
root = pathlib.Path(tempfile.mkdtemp(prefix="wakesmith-package-"))
failures = 0
mounted = []


def check(name, good, told=""):
    global failures
    failures += not good
    print(f"[{'       OK' if good else '   FAILED'} ] {name}" + ("" if good else f": {str(told)[-1500:]}"), flush=True)


def run(*command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace", **more)


def mirror(suite):
    told = run("apt-get", "indextargets", "--format", "$(CODENAME) $(SITE)", "Created-By: Packages").stdout
    return next((line.split()[1] for line in told.splitlines() if line.split()[0] == suite), None)


def fresh(folder, suite="bookworm"):  # made once, then copied
    base = root / f"base-{suite}"
    if not base.exists():
        made = run("debootstrap", "--variant=minbase", suite, base, mirror(suite) or "")
        if made.returncode:
            sys.exit(f"debootstrap: {made.stdout[-800:]}{made.stderr[-800:]}")
        shutil.rmtree(base / "etc/apt")
        shutil.copytree("/etc/apt", base / "etc/apt", symlinks=True)
        shutil.copy("/etc/resolv.conf", base / "etc/resolv.conf")
        if "NODE_EXTRA_CA_CERTS" in os.environ:  # of a network that looks into TLS; npm must trust it there, too
            shutil.copy(os.environ["NODE_EXTRA_CA_CERTS"], base / "tmp/extra-ca.crt")
        for keys in pathlib.Path("/usr/share/keyrings").glob("debian*"):
            shutil.copy(keys, base / "usr/share/keyrings")
    run("cp", "-a", "--reflink=auto", base, folder)
    subprocess.run(["mount", "-t", "proc", "proc", folder / "proc"], check=True)
    mounted.append(folder / "proc")
    return folder


def inside(folder, command, env=(), user=None, cwd="/"):
    trust = ["NODE_EXTRA_CA_CERTS=/tmp/extra-ca.crt"] if (folder / "tmp/extra-ca.crt").exists() else []
    words = ["chroot", *([f"--userspec={user}"] if user else []), folder, "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
             "DEBIAN_FRONTEND=noninteractive", "HOME=/root", *trust, *env, "/bin/sh", "-c", f"cd {shlex.quote(cwd)} && {command}"]
    return run(*words)


def page_answers(folder, command, env=(), user=None):
    port = 20000 + os.getpid() % 20000
    server = subprocess.Popen(["chroot", *([f"--userspec={user}"] if user else []), folder, "/usr/bin/env", "-i",
                               "PATH=/usr/bin:/bin", *env, *command, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(50):
            time.sleep(.2)
            try:
                text = urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).read()
                return b"<html" in text.lower() and port
            except OSError:
                continue
        return False
    finally:
        server.terminate()
        server.wait()


# ---- the package ----

def unit_lines(folder, key):
    text = (folder / "lib/systemd/system/wakesmith.service").read_text()
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]


# What the shells propose after "wakesmith inspe"; zsh would need a terminal for that, so: what it completes with, read whole.
proposals = {
    "bash": ("""bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader wakesmith
        COMP_WORDS=(wakesmith inspe); COMP_CWORD=1; _wakesmith; echo ${COMPREPLY[*]}'""", "inspect"),
    "fish": ("""fish -c 'complete -C "wakesmith inspe"'""", "inspect"),
    "zsh": ("zsh -fc 'autoload -Uz compinit; compinit -u -D; autoload +X _wakesmith; whence -w ${_comps[wakesmith]}'", "_wakesmith: function"),
}


def try_desk(folder):
    """Completion in the shells, and what systemd says of the unit."""
    result = inside(folder, "apt-get install -y --no-install-recommends bash-completion fish zsh systemd")
    check("shells_and_systemd_are_there", result.returncode == 0, result.stderr)
    for shell, (question, answer) in proposals.items():
        told = inside(folder, question)
        check(f"{shell}_completes_a_command", answer in told.stdout, told.stdout + told.stderr)
    told = inside(folder, "systemd-analyze verify --man=no wakesmith.service")
    check("systemd_finds_no_fault_in_the_unit", told.returncode == 0 and "wakesmith" not in told.stderr, told.stderr)


def try_package():
    folder = fresh(root / "package")
    shutil.copy(SOURCE / "build/wakesmith.deb", folder / "tmp/wakesmith.deb")
    result = inside(folder, "apt-get update && apt-get install -y --no-install-recommends /tmp/wakesmith.deb")
    check("apt_installs_the_package", result.returncode == 0, result.stdout + result.stderr)
    if result.returncode:
        return
    for name in ("wakesmith", "train_wake_word", "run_recorder.sh"):
        result = inside(folder, f"{name} --help")
        check(f"is_there_{name}", result.returncode == 0, result.stderr)
    check("manual_and_completion", all((folder / path).exists() for path in (
        "usr/share/man/man1/wakesmith.1.gz", "usr/share/bash-completion/completions/wakesmith.bash", "usr/share/zsh/vendor-completions/_wakesmith",
        "usr/share/fish/vendor_completions.d/wakesmith.fish")))
    data = folder / "var/lib/wakesmith"  # as systemd makes it for the unit
    data.mkdir(mode=0o700, parents=True)
    os.chown(data, 65534, 65534)
    env = shlex.split(unit_lines(folder, "Environment")[0])
    result = inside(folder, 'wakesmith train "hey jarvis" --preset=draft', env, "nobody:nogroup")
    models = sorted(data.glob("output/*/hey_jarvis.tflite"))
    check("trains_a_draft_model", result.returncode == 0 and len(models) == 1, result.stdout + result.stderr)
    start = shlex.split(unit_lines(folder, "ExecStart")[0].replace("$WAKESMITH_OPTIONS", ""))
    check("the_page_answers", page_answers(folder, start, env, "nobody:nogroup"))
    try_desk(folder)
    for how in ("remove", "purge"):
        result = inside(folder, f"apt-get {how} -y wakesmith")
        check(f"{how}_keeps_the_data", result.returncode == 0 and not (folder / "usr/bin/wakesmith").exists() and models[0].is_file(),
              result.stderr)


# ---- the Dockerfile ----

def words_of(text):
    return json.loads(text) if text.startswith("[") else shlex.split(text)


def dockerfile():
    text = re.sub(r"\\\n", "", (SOURCE / "packaging/Dockerfile").read_text())
    return [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def copy_in(rest, stages, stage):
    words = rest.split()
    origin = stages[words.pop(0).partition("=")[2]]["folder"] if words[0].startswith("--from=") else None
    source, target = words
    target = stage["folder"] / target.lstrip("/")
    if origin:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(origin / source.lstrip("/"), target)
    else:
        left_out = [line for line in (SOURCE / ".dockerignore").read_text().splitlines() if line]
        target.mkdir(parents=True)
        tar = subprocess.Popen(["tar", "-c", *[f"--exclude=./{name}" for name in left_out], "."], cwd=SOURCE, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", target], stdin=tar.stdout, check=True)


def try_dockerfile():
    stages, stage = {}, None
    for step, (word, rest) in enumerate(dockerfile()):
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            stage = {"folder": fresh(root / f"stage-{step}", image.partition(":")[2]), "env": [], "cwd": "/"}
            stages[name or "last"] = stage
        elif word == "RUN":
            result = inside(stage["folder"], rest, stage["env"], cwd=stage["cwd"])
            check(f"step_{step}_{rest[:40]}", result.returncode == 0, result.stdout + result.stderr)
            if result.returncode:
                return
        elif word == "COPY":
            copy_in(rest, stages, stage)
        elif word == "ENV":
            stage["env"] += shlex.split(rest)
        elif word == "WORKDIR":
            stage["cwd"] = rest
        elif word in ("VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"):
            stage[word] = words_of(rest)
        else:
            check(f"step_{step}_is_known", False, word)
    folder, env = stage["folder"], stage["env"]
    (folder / stage["VOLUME"][0].lstrip("/")).mkdir(exist_ok=True)
    check("the_image_has_no_compiler", not (folder / "usr/bin/gcc").exists())
    command = shlex.join(stage["ENTRYPOINT"])
    result = inside(folder, f'{command} train "hey jarvis" --preset=draft', env)
    check("the_image_trains", result.returncode == 0 and list((folder / "data/output").glob("*/hey_jarvis.tflite")), result.stderr)
    check("the_image_serves_the_page", page_answers(folder, [*stage["ENTRYPOINT"], *stage["CMD"], "--plain"], env))
    check("its_ports_are_those_of_the_program", stage["EXPOSE"] == re.findall(
        r"SERVER_(?:DEVICE_)?PORT = (\d+)", (SOURCE / "src/server/server.h").read_text()), stage["EXPOSE"])


if os.geteuid() != 0:
    sys.exit("packaging/test.py needs root for chroot and debootstrap: run it with sudo")
began = time.time()
try:
    try_package()
    try_dockerfile()
finally:
    for place in mounted:
        subprocess.run(["umount", place], check=True)  # or nothing is deleted
    shutil.rmtree(root, ignore_errors=True)
print(f"{failures} failed, {time.time() - began:.0f} s")
sys.exit(failures != 0)
