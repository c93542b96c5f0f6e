"""Holds answers to the OpenAPI file: a judge of the part of JSON Schema that the server's notation can say."""
import json
import re
import subprocess

TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None), "object": dict, "array": list}


class Contract:
    def __init__(self, program):
        self.document = json.loads(subprocess.run([program, "serve", "--openapi"], check=True, capture_output=True).stdout)
        self.paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path.count("{"), methods)
                      for path, methods in self.document["paths"].items()]

    def operation(self, method, path):
        """What the table says about a request; the path that names most of itself wins."""
        found = [(braces, methods) for pattern, braces, methods in self.paths if pattern.match(path.split("?")[0])]
        methods = min(found, key=lambda row: row[0], default=(0, {}))[1]
        return methods.get("get" if method == "HEAD" else method.lower())

    def faults(self, schema, value, where="answer"):
        """Sentences about what is not as the schema says."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        if "anyOf" in schema:
            tries = [list(self.faults(one, value, where)) for one in schema["anyOf"]]
            if all(tries):
                yield from min(tries, key=len)
            return
        wanted = schema.get("type")
        if wanted and (not isinstance(value, TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean")):
            yield f"{where} is {value!r:.60} and no {wanted}"
            return
        if ("enum" in schema and value not in schema["enum"]) or ("const" in schema and value != schema["const"]):
            yield f"{where} is {value!r:.60} and none of {schema.get('enum') or schema['const']}"
        if ("minimum" in schema and value < schema["minimum"]) or ("maximum" in schema and value > schema["maximum"]):
            yield f"{where} is {value}, out of its range"
        if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{where} has {len(value)} characters"
        for at, item in enumerate(value if isinstance(value, list) else []):
            yield from self.faults(schema.get("items", {}), item, f"{where}[{at}]")
        if isinstance(value, dict):
            yield from (f"{where}.{key} is missing" for key in schema.get("required", []) if key not in value)
            for key, item in value.items():
                inner = schema.get("properties", {}).get(key, schema.get("additionalProperties", {}))
                yield from self.faults(inner, item, f"{where}.{key}")

    def judge(self, method, path, status, headers, body):
        """Faults of one answer. Redirects and files are not looked into."""
        operation = self.operation(method, path)
        if status >= 500 and b'"code":"DISK' not in body: # a disk may fail
            yield f"status {status}: {body[:200]!r}"
        if method == "HEAD" or status in (206, 303, 304):
            return
        responses = operation["responses"] if operation else {}
        content = (responses.get(str(status)) or responses.get("default") or {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if status >= 400 and headers.get("Content-Type") == "application/json":
            schema = {"$ref": "#/components/schemas/Error"}
        if schema is None or status >= 400 and not headers.get("Content-Type", "").startswith("application/json"):
            return
        try:
            yield from self.faults(schema, json.loads(body))
        except ValueError as fault:
            yield f"no JSON: {fault}"
