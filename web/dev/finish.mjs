// Makes the report one file, then writes a gzip twin beside each text file of dist, so that the server compresses nothing at run time.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, constants } from "node:zlib";
import { report } from "./report.mjs";

const text = /\.(html|js|css|svg|json|txt)$/;
const worthwhile_bytes = 512;
const dist = new URL("../dist", import.meta.url).pathname;

await report(dist);

for (const name of readdirSync(dist, { recursive: true }).map(String).sort()) {
  const path = join(dist, name);
  if (!text.test(name) || name === "report.html" || statSync(path).size < worthwhile_bytes) continue;
  const bytes = readFileSync(path);
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(`${path}.gz`, packed);
  process.stdout.write(`${name.padEnd(40)} ${String(bytes.length).padStart(8)} ${String(packed.length).padStart(8)} gz\n`);
}
