// SPDX-License-Identifier: GPL-3.0-or-later
// Writes src/server-types.ts, the types of the server's answers, from its own description:
//   ../build/wakesmith serve --openapi | node scripts/types.mjs > src/server-types.ts
import { readFileSync } from "node:fs";

const quoted = key => (/^\w+$/.test(key) ? key : JSON.stringify(key));
const bracketed = type => (type.includes(" | ") ? `(${type})` : type);

function typeOf(schema, indent) {
    if (schema.$ref) return schema.$ref.split("/").pop();
    if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(" | ");
    if ("const" in schema) return JSON.stringify(schema.const);
    if (schema.anyOf) return [...new Set(schema.anyOf.map(one => typeOf(one, indent)))].join(" | ");
    switch (schema.type) {
        case "array":
            return `${bracketed(typeOf(schema.items ?? {}, indent))}[]`;
        case "object":
            return objectOf(schema, indent);
        case "integer":
            return "number";
        case "string":
        case "number":
        case "boolean":
        case "null":
            return schema.type;
        default:
            return "unknown";
    }
}

function objectOf({ properties, required = [], additionalProperties }, indent) {
    if (!properties)
        return `Record<string, ${typeof additionalProperties === "object" ? typeOf(additionalProperties, indent) : "unknown"}>`;
    const inner = `${indent}    `;
    const lines = Object.entries(properties).map(
        ([key, schema]) => `${inner}${quoted(key)}${required.includes(key) ? "" : "?"}: ${typeOf(schema, inner)};`,
    );
    return lines.length ? `{\n${lines.join("\n")}\n${indent}}` : "Record<string, never>";
}

export function typesOf(openapi) {
    const named = Object.entries(openapi.components.schemas).map(
        ([name, schema]) => `export type ${name === "Error" ? "ErrorAnswer" : name} = ${typeOf(schema, "")};\n`,
    );
    const answers = Object.entries(openapi.paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { responses }]) => {
            const schema = responses?.["200"]?.content?.["application/json"]?.schema;
            return schema ? [`    "${method.toUpperCase()} ${path}": ${typeOf(schema, "    ")};`] : [];
        }),
    );
    return [
        "// SPDX-License-Identifier: GPL-3.0-or-later",
        "// Written by scripts/types.mjs from `wakesmith serve --openapi`; change the shapes in src/server instead.",
        ...named,
        "export interface Answers {",
        ...answers,
        "}\n",
    ].join("\n");
}

if (process.argv[1]?.endsWith("types.mjs")) process.stdout.write(typesOf(JSON.parse(readFileSync(0, "utf8"))));
