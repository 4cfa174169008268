/** The page from the sources of all packages; what it builds is a folder of files, whatever address it is served at. */
import { defaultClientConditions, defineConfig } from "vite";

const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  base: "./",
  resolve: { conditions: ["@ropewalk/source", ...defaultClientConditions] },
  worker: { format: "es" },
  build: { target: "es2023", modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  server: { headers: isolation },
});
