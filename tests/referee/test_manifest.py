"""ESPHome's own validator accepts our manifest and refuses four broken ones; pymicro-wakeword loads our pair."""
import json
import os
import pathlib
import tempfile

from common import check, finish, skip

try:
    import esphome.config_validation as cv
    from esphome.components.micro_wake_word import _load_model_data
except ImportError as missing:
    skip(str(missing))

model = pathlib.Path(os.environ.get("WAKESMITH_MODEL", ""))
if not model.is_file():
    skip("no trained model")
manifest = json.loads(model.with_suffix(".json").read_text())


def accepted(document):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.json")
        path.write_text(json.dumps(document))
        pathlib.Path(folder, manifest["model"]).write_bytes(model.read_bytes())
        try:
            _load_model_data(path)
            return True
        except (cv.Invalid, Exception) as problem:  # the validator raises several kinds
            print(f"    refused: {str(problem)[:100]}")
            return False


def broken(change):
    document = json.loads(json.dumps(manifest))
    change(document)
    return document


check("esphome_accepts_our_manifest", accepted(manifest))
for name, change in {
    "an_extra_key": lambda d: d.update(label="x"),
    "an_extra_key_in_micro": lambda d: d["micro"].update(source="x"),
    "a_missing_arena": lambda d: d["micro"].pop("tensor_arena_size"),
    "a_step_of_40_ms": lambda d: d["micro"].update(feature_step_size=40),
}.items():
    check(f"esphome_refuses_{name}", not accepted(broken(change)))
finish()
