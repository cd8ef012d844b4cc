/**
 * Writes `src/wire/schema.ts` from `openapi.json`, the description that the server gives of its own API
 * (`ringlight openapi`). Covers what that description uses of JSON Schema and refuses the rest, so that
 * nothing becomes `any` unseen. Run by `npm run wire`; a test says when it is due.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const source = new URL("../openapi.json", import.meta.url);
const target = new URL("../src/wire/schema.ts", import.meta.url);

const head = `/** The shapes of the HTTP API, written by \`npm run wire\` from openapi.json. Not edited by hand. */\n`;
const plain = { string: "string", integer: "number", number: "number", boolean: "boolean", null: "null" };

/** The whole file for a description. */
export function schemaOf(openapi) {
  const schemas = Object.entries(openapi.components.schemas);
  schemas.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${head}\n${schemas.map(([name, schema]) => declaration(name, schema)).join("\n")}`;
}

function declaration(name, schema) {
  const words = comment(schema.description, "");
  if (schema.properties && !schema.oneOf && !schema.allOf) return `${words}export interface ${name} ${object(schema, "")}\n`;
  return `${words}export type ${name} = ${typeOf(schema, "")};\n`;
}

function typeOf(schema, indent) {
  if (schema.$ref) return schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.oneOf ?? schema.anyOf) return union((schema.oneOf ?? schema.anyOf).map((one) => typeOf(one, indent)), indent);
  if (schema.allOf) return schema.allOf.map((one) => typeOf(one, indent)).join(" & ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(" | ");
  if (schema.type === "array") return `${wrapped(typeOf(schema.items, indent))}[]`;
  if (schema.type === "object" && schema.properties) return object(schema, indent);
  if (schema.type === "object") return "Record<string, unknown>";
  if (schema.type in plain) return plain[schema.type];
  // A schema without a type says that anything may stand there.
  if (schema.type === undefined) return "unknown";
  throw new Error(`a schema that dev/wire.mjs does not know: ${JSON.stringify(schema)}`);
}

function union(types, indent) {
  const sorted = [...types.filter((type) => type !== "null"), ...types.filter((type) => type === "null")];
  const long = sorted.some((type) => type.includes("\n"));
  return long ? sorted.map((type) => `\n${indent}  | ${type.replaceAll("\n", "\n  ")}`).join("") : sorted.join(" | ");
}

function wrapped(type) {
  return type.includes(" ") && !type.startsWith("{") ? `(${type})` : type;
}

function object(schema, indent) {
  const inner = `${indent}  `;
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    return `${comment(field.description, inner)}${inner}${name}${required.has(name) ? "" : "?"}: ${typeOf(field, inner)};\n`;
  });
  return `{\n${fields.join("")}${indent}}`;
}

function comment(text, indent) {
  if (!text) return "";
  const lines = text.trim().replaceAll("*/", "* /").split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line ? ` ${line}` : ""}\n`).join("")}${indent} */\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, schemaOf(JSON.parse(readFileSync(source, "utf8"))));
}
