/** Serves pages, the runtimes beside them and the models, cross-origin isolated so that threads can be had. */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Bundle } from "./bundle-page.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

const html =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="page.js"></script>';

export type Site = { readonly address: string; readonly close: () => void };

/**
 * `/<page>/` is a page, `/<page>/…` its script and its runtime's files, `/models/<model>/…` a model's.
 *
 * @param models - folders by the name that they are served under
 */
export const serveSite = async (
  pages: Readonly<Record<string, Bundle>>,
  models: Readonly<Record<string, string>>,
): Promise<Site> => {
  /** Bytes, or the path of a file. */
  const find = (path: string): Uint8Array | string | undefined => {
    const [first = "", second = "", ...rest] = path.split("/").slice(1);
    if (first === "models") return models[second] && join(models[second], ...rest);
    const page = pages[first];
    if (page === undefined) return undefined;
    if (second === "") return Buffer.from(html);
    return second === "page.js" ? page.script : join(page.runtime, second);
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const isolation = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
    const head = (length: number): void =>
      void response.writeHead(200, {
        ...isolation,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Content-Type": types[extname(path) || ".html"] ?? "application/octet-stream",
        "Content-Length": length,
      });
    const answer = async (): Promise<void> => {
      const found = find(path);
      if (found === undefined) throw new RangeError(`serveSite: there must be ${path}, got nothing`);
      if (typeof found !== "string") {
        head(found.length);
        response.end(found);
        return;
      }
      head((await stat(found)).size);
      createReadStream(found).pipe(response);
    };
    answer().catch(() => response.writeHead(404).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { address: `http://127.0.0.1:${port}`, close: () => void server.close() };
};
