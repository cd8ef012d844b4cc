/**
 * Makes the page of reports one file: script and style inside, nothing left to ask for. The data go in later, in the place of
 * `null` in its script of JSON.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** Nothing is loaded, from anywhere; what is inside may run. */
const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";

export async function report(dist) {
  const { output } = await build({
    root: fileURLToPath(new URL("..", import.meta.url)),
    configFile: false,
    logLevel: "error",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      write: false,
      cssCodeSplit: false,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: { input: { report: "report.html" }, output: { codeSplitting: false } },
    },
  });
  const text = (wanted) => output.filter((file) => wanted.test(file.fileName)).map((file) => String(file.code ?? file.source));
  const [page, ...pages] = text(/\.html$/);
  const [script, ...scripts] = text(/\.js$/);
  const styles = text(/\.css$/);
  if (!page || !script || pages.length + scripts.length > 0) throw new Error("the report did not become one script and one page");
  const bare = page.replaceAll(/\s*<link rel="stylesheet"[^>]*>/g, "").replaceAll(/\s*<script type="module"[^>]*><\/script>/g, "");
  const whole = bare
    .replace("<title>", () => `<meta http-equiv="Content-Security-Policy" content="${policy}" />\n    <title>`)
    .replace("</head>", () => `  <style>${styles.join("\n").replaceAll("</style", "<\\/style")}</style>\n  </head>`)
    .replace("</body>", () => `  <script type="module">${script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--")}</script>\n  </body>`);
  writeFileSync(`${dist}/report.html`, whole);
}
