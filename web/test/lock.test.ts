import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as { packages: Record<string, Entry> };
const entries = Object.entries(lock.packages).filter(([path]) => path !== "");

it("the lock file names no registry and pins what it lists", () => {
  for (const [path, entry] of entries) {
    expect(entry.resolved, path).toBeUndefined();
    expect(entry.version, path).toBeTruthy();
    expect(entry.integrity, path).toBeTruthy();
  }
});

// `npm ci` refuses a lock file that leaves out another platform's binary, and says so only on a clean machine.
it("the lock file lists the binaries of every platform", () => {
  for (const [path, entry] of entries) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      expect(lock.packages, `${name} of ${path}`).toHaveProperty([`node_modules/${name}`]);
    }
  }
});
