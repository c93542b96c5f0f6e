"""The description of the API is the API: docs/api.md and the OpenAPI file are what the program says of itself."""
import json
import os
import pathlib
import subprocess

from serve import PROGRAM, Server, check, finish

source = pathlib.Path(os.environ["WAKESMITH_SOURCE"])


def said(option):
    return subprocess.run([PROGRAM, "serve", option], check=True, capture_output=True, text=True).stdout


page = (source / "docs" / "api.md").read_text()
check("docs/api.md is up to date (build/wakesmith serve --api-page > docs/api.md)", page == said("--api-page"))
document = json.loads(said("--openapi"))
server = Server()
check("the server says the same", server.get("/api/openapi.json").json == document)
server.stop()
operations = [one for methods in document["paths"].values() for one in methods.values()]
ids = [one["operationId"] for one in operations]
check("every operation has a name of its own", len(set(ids)) == len(ids), ids)
check("every operation says what it does", all(one["summary"] for one in operations))
for path in document["paths"]:
    check(f"{path} is described", f" {path}\n" in page or f" {path} (" in page)


def names(value):
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for item in value.values():
            yield from names(item)
    elif isinstance(value, list):
        for item in value:
            yield from names(item)


known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
check("every name is defined", set(names(document)) <= known, set(names(document)) - known)
finish()
