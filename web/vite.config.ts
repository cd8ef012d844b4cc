/// <reference types="vitest/config" />
import { defineConfig } from "vite";

// Each page is its own document, so that a viewer's phone never loads the desk.
const pages = ["index", "watch", "desk", "studio", "ops", "recap"] as const;

// The page names that the server maps to documents; the dev server does the same.
const routes: [RegExp, string][] = [
  [/^\/watch\/[^/]+$/, "/watch.html"],
  [/^\/desk\/[^/]+$/, "/desk.html"],
  [/^\/recap\/[^/]+$/, "/recap.html"],
  [/^\/studio$/, "/studio.html"],
  [/^\/ops$/, "/ops.html"],
];

export default defineConfig({
  appType: "mpa",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [
    {
      name: "ringlight-routes",
      configureServer(server) {
        server.middlewares.use((req, _res, next) => {
          const [path = "/", query] = (req.url ?? "/").split("?");
          const to = routes.find(([pattern]) => pattern.test(path))?.[1];
          if (to) req.url = query ? `${to}?${query}` : to;
          next();
        });
      },
    },
  ],
  server: {
    proxy: Object.fromEntries(
      ["/api", "/live"].map((path) => [
        path,
        { target: process.env.RINGLIGHT ?? "http://127.0.0.1:8080", ws: true },
      ]),
    ),
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The content security policy allows no data: documents, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: Object.fromEntries(pages.map((page) => [page, `${page}.html`])),
    },
  },
  test: { environment: "node", include: ["test/**/*.test.ts"] },
});
