"""A report that a training wrote is valid by docs/report.schema.json, which names every key; one with a wrong value is not."""
import json
import os
import pathlib

from common import check, finish, skip

try:
    import jsonschema_rs
except ImportError as missing:
    skip(str(missing))

model = pathlib.Path(os.environ.get("WAKESMITH_MODEL", ""))
if not model.is_file():
    skip("no trained model")
docs = pathlib.Path(__file__).resolve().parents[2] / "docs"
validator = jsonschema_rs.validator_for(json.loads((docs / "report.schema.json").read_text()))
report = json.loads(model.with_suffix(".report.json").read_text())


def broken(*keys, value):
    document = json.loads(json.dumps(report))
    at = document
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    return document


check("the_report_is_valid", validator.is_valid(report),
      "; ".join(f"{list(error.instance_path)}: {error.message}" for error in list(validator.iter_errors(report))[:5]))
for keys, value in ((("new",), 1), (("curve",), {}), (("model_sha256",), "ab"), (("sensitivities", "very", "recall"), 1.5),
                    (("scores", "words"), [1]), (("hearing", "voices", 0, "clips"), -1), (("arena",), "much")):
    check(f"a_wrong_{'_'.join(map(str, keys))}_is_not", not validator.is_valid(broken(*keys, value=value)))
finish()
