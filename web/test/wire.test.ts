import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { schemaOf } from "../dev/wire.mjs";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

describe("the API's shapes", () => {
  it("are those of openapi.json (else: npm run wire)", () => {
    expect(read("src/wire/schema.ts")).toBe(schemaOf(JSON.parse(read("openapi.json"))));
  });

  it("refuse a schema that would become any", () => {
    expect(() => schemaOf({ components: { schemas: { Odd: { type: "tuple" } } } })).toThrow(/does not know/);
  });
});
