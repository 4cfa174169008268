/** A hub on this machine, for tests: the routes that its client asks, and what can go wrong with them. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Request = {
  readonly route: "commit" | "paths" | "file" | "content";
  readonly url: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
};

/** What is done to an answer. */
export type Fault =
  | { readonly kind: "status"; readonly status: number }
  /** Only so many bytes of the answer are sent; the connection breaks when they have arrived. */
  | { readonly kind: "break"; readonly after: number; readonly arrived: () => boolean }
  /** Other bytes are sent than the hub has, whatever was asked for; the answer is whole. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** Nothing is said, and the connection stays. */
  | { readonly kind: "silent" }
  /** So many bytes of the answer are sent, and nothing more; the connection stays. */
  | { readonly kind: "stall"; readonly after: number }
  /** The range is ignored, and all of the file sent. */
  | { readonly kind: "whole" }
  /** A page, as a hotel's network answers. */
  | { readonly kind: "page" };

export type FakeHub = {
  readonly endpoint: string;
  /** Everything that was asked, in its order. */
  readonly requests: Request[];
  /** Asked before every answer. */
  fault: (request: Request) => Fault | undefined;
  commit: string;
  readonly stop: () => Promise<void>;
};

export const commits = ["a", "b"].map((letter) => letter.repeat(40)) as [string, string];

const hex = (algorithm: string, ...parts: readonly (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest("hex");

const sha256 = (bytes: Uint8Array): string => hex("sha256", bytes);
const gitSha1 = (bytes: Uint8Array): string => hex("sha1", `blob ${bytes.length}\0`, bytes);

const isLarge = (file: string): boolean => /\.(?:safetensors|gguf)$/.test(file);

/** What names a file's content in the cache. */
export const hashOf = (file: string, bytes: Uint8Array): string => (isLarge(file) ? sha256(bytes) : gitSha1(bytes));

const bodyOf = async (incoming: IncomingMessage): Promise<string> => {
  let body = "";
  for await (const piece of incoming) body += String(piece);
  return body;
};

const sendFile = (
  response: ServerResponse,
  content: Uint8Array,
  range: string | undefined,
  headers: Readonly<Record<string, string>>,
  fault: Fault | undefined,
): void => {
  const from = fault?.kind === "whole" ? undefined : /^bytes=(\d+)-(\d*)$/.exec(range ?? "")?.[1];
  const bytes = fault?.kind === "send" ? fault.bytes : content.subarray(Number(from ?? 0));
  response.writeHead(from === undefined ? 200 : 206, {
    ...headers,
    "Content-Length": bytes.length,
    ...(from === undefined ? {} : { "Content-Range": `bytes ${from}-${content.length - 1}/${content.length}` }),
  });
  if (fault?.kind === "stall") return void response.write(bytes.subarray(0, fault.after));
  if (fault?.kind !== "break") return void response.end(bytes);
  response.write(bytes.subarray(0, fault.after));
  const wait = setInterval(() => {
    if (!fault.arrived()) return;
    clearInterval(wait);
    response.destroy();
  }, 2);
};

/** A hub that has one model; large files lie at another address, to which it redirects. */
export const startHub = async (id: string, files: Readonly<Record<string, Uint8Array>>): Promise<FakeHub> => {
  const infoOf = (path: string): readonly unknown[] => {
    const bytes = Object.hasOwn(files, path) ? files[path] : undefined;
    if (bytes === undefined) return [];
    const { length: size } = bytes;
    const lfs = isLarge(path) ? { lfs: { oid: sha256(bytes), size, pointerSize: 130 } } : {};
    return [{ type: "file", path, size, oid: gitSha1(isLarge(path) ? new Uint8Array(130) : bytes), ...lfs }];
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = decodeURIComponent(incoming.url!.split("?")[0]!);
    const { range, authorization } = incoming.headers;
    const routes = {
      commit: new RegExp(`^/api/models/${id}/revision/(.*)$`),
      paths: new RegExp(`^/api/models/${id}/paths-info/(.*)$`),
      file: new RegExp(`^/${id}/resolve/[0-9a-f]{40}/(.*)$`),
      content: /^\/content\/(.*)$/,
    } as const;
    // Pages of other origins may ask, as they may the real hub.
    response.setHeader("Access-Control-Allow-Origin", "*");
    if (incoming.method === "OPTIONS")
      return void response.writeHead(204, { "Access-Control-Allow-Headers": "*" }).end();
    const body = await bodyOf(incoming);
    const route = (Object.keys(routes) as Request["route"][]).find((name) => routes[name].test(url));
    const send = (status: number, value: unknown): void => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    };
    if (route === undefined) return send(404, { error: "Repository not found" });
    const rest = routes[route].exec(url)![1]!;
    const request: Request = { route, url, range, authorization };
    hub.requests.push(request);
    const fault = hub.fault(request);
    if (fault?.kind === "status") return send(fault.status, { error: `status ${fault.status}` });
    if (fault?.kind === "silent") return;
    if (fault?.kind === "page") return void response.writeHead(200).end("<html>Welcome</html>");
    if (route === "commit")
      return rest === "main" || rest === "v1/beta" || rest === hub.commit
        ? send(200, {
            ...{ _id: "1", id, sha: hub.commit, lastModified: "2026-01-01T00:00:00.000Z" },
            ...(incoming.url!.includes("expand=siblings") && {
              siblings: Object.keys(files).map((rfilename) => ({ rfilename })),
            }),
          })
        : send(404, { error: "Invalid rev id" });
    if (route === "paths") return send(200, (JSON.parse(body) as { paths: string[] }).paths.flatMap(infoOf));
    const bytes = files[rest];
    if (bytes === undefined) return send(404, { error: "Entry not found" });
    if (route === "file" && isLarge(rest)) return void response.writeHead(302, { Location: `/content/${rest}` }).end();
    sendFile(response, bytes, range, { ETag: `"${hashOf(rest, bytes)}"`, "X-Repo-Commit": hub.commit }, fault);
  };

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const hub: FakeHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    fault: () => undefined,
    commit: commits[0],
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
  return hub;
};
