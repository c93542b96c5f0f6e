"""Finished runs made by hand: the server judges files, not how they came to be."""
import hashlib
import json
import os
import pathlib

LEVELS = {"slightly": (217, 0.93, 1), "moderately": (176, 0.95, 2), "very": (143, 0.97, 7)}
HOURS = 4.5


def level(byte, recall, accepts):
    return {"cutoff": round((byte + .5) / 255, 3), "cutoff_byte": byte, "window": 5, "target_per_hour": 0.5, "target_met": True,
            "recall": recall, "recall_interval": [round(recall - .03, 3), round(recall + .02, 3)], "clips": 300, "detected": round(300 * recall),
            "per_hour": round(accepts / HOURS, 6), "per_hour_interval": [0.01, 3.5], "false_accepts": accepts}


def write_run(data, name, word="hey_jarvis", title="Hey Jarvis", when=None, salt=b"", report=True):
    """A complete run; the folder appears at once, as the program does it."""
    output = pathlib.Path(data, "output")
    output.mkdir(parents=True, exist_ok=True)
    folder = output / ("." + name)
    (folder / "logs").mkdir(parents=True)
    model = b"\x1c\0\0\0TFL3" + salt + bytes(range(256)) * 200
    (folder / f"{word}.tflite").write_bytes(model)
    if report:
        (folder / f"{word}.report.json").write_text(json.dumps({
            "wakesmith": "0.1.0", "phrase": "hey jarvis", "id": word, "language": "en", "seconds": 61.5,
            "model_sha256": hashlib.sha256(model).hexdigest(), "options": {"preset": "draft"},
            "sensitivities": {key: level(*value) for key, value in LEVELS.items()},
            "curve": [{"cutoff_byte": 2, "recall": 1.0, "per_hour": 100.0, "false_accepts": 450}],
            "held_out": {"hours": HOURS, "real_hours": 0.0, "clips": 300}, "caveats": ["A caveat."]}))
    (folder / f"{word}.yaml").write_text(f"micro_wake_word:\n  models:\n    - model: {word}.json\n")
    (folder / "logs" / "training.log").write_text("log\n")
    (folder / "logs" / "model_summary.txt").write_text("summary\n")
    (folder / f"{word}.json").write_text(json.dumps({
        "type": "micro", "wake_word": title, "author": "A", "model": f"{word}.tflite", "trained_languages": ["en"], "version": 2,
        "micro": {"probability_cutoff": round(176.5 / 255, 3), "sliding_window_size": 5, "feature_step_size": 10,
                  "tensor_arena_size": 34816, "minimum_esphome_version": "2024.7.0"}}))
    if when is not None:
        for file in sorted(folder.rglob("*")):
            os.utime(file, (when, when))
    folder.rename(output / name)
    return output / name


def fingerprint(folder):
    """Everything that a program could change about the files below a folder."""
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_ino, path.is_file() and path.read_bytes())
            for path in sorted(pathlib.Path(folder).rglob("*"))}
