/** Requests are answered only for a host of the server's own, so that no page by another name that leads here gets an answer. */
import fc from "fast-check";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { listen, type ListenConfig, type Listening } from "../src/node/index.ts";
import { isLoopback, ownHosts } from "../src/node/own-hosts.ts";

let open: Listening | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

let handled = 0;
const start = async (more: Partial<ListenConfig> = {}): Promise<string> => {
  handled = 0;
  open = await listen({ port: 0, fetch: async () => (handled++, new Response("ok")), ...more });
  return open.url;
};

/** The answer to lines that are sent as they are: clients would not send some of them. */
const sent = async (url: string, ...lines: readonly string[]): Promise<{ status: number; body: string }> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ""));
  await once(socket, "connect");
  socket.write([...lines, "connection: close", "", ""].join("\r\n"));
  let answer = "";
  for await (const part of socket) answer += String(part);
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), body };
};

const get = "GET /v1/models HTTP/1.1";
const post = ["POST /v1/completions HTTP/1.1", "content-type: application/json", "content-length: 0"];

const hosts = (given: readonly string[], ...stated: readonly string[]): boolean =>
  ownHosts(given)({ headersDistinct: { host: stated } } as never);

const own = [
  ...["localhost", "LocalHost:8080", "localhost.", "a.localhost", "a.b.localhost:1", "localhost:"],
  ...["127.0.0.1", "127.0.0.1:8080", "127.8.9.10", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"],
];
const foreign = [
  ...["evil.example", "evil.example:8080", "EVIL.example.", "localhost.evil.example", "evil-localhost", "localhosts"],
  ...["127.0.0.1.evil.example", "evil.example:127.0.0.1", "127.0.0.1@evil.example", "evil.example/.localhost"],
  ...["evil.example#.localhost", "evil.example?.localhost", "evil.example\\.localhost", "a:b@localhost", "%6cocalhost"],
  ...["192.168.0.1", "128.0.0.1", "0.0.0.0", "2130706433", "[::]", "[::2]", "[fe80::1]", "[::ffff:8.8.8.8]", "::1"],
  ...[
    "",
    ":8080",
    "[]",
    "[::1",
    "localhost:8080:1",
    "localhost:port",
    "evil.example, localhost",
    "evil.example localhost",
  ],
];

describe("on a loopback address", () => {
  it.each(own)("%s is this machine", (host) => expect(hosts([], host)).toBe(true));

  it.each(foreign)("%j is not", (host) => expect(hosts([], host)).toBe(false));

  it("no name of another domain is this machine, whatever stands before it", () => {
    const part = fc.constantFrom(
      "localhost",
      "127.0.0.1",
      "[::1]",
      ".",
      ":",
      "@",
      "/",
      "#",
      "?",
      "a",
      "-",
      "8080",
      "%",
      " ",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom("", ".", ":", ":80", ".:80"), (before, after) => {
        expect(hosts(["localhost"], `${before.join("")}evil.example${after}`)).toBe(false);
      }),
    );
  });

  it("refuses before anything else what is sent for another host, by each method, with and without a page's headers", async () => {
    const url = await start();
    const page = ["origin: http://evil.example", "sec-fetch-site: same-origin"];
    for (const request of [[get], post, [get, ...page], [...post, ...page], ["TRACE / HTTP/1.1"]]) {
      const { status, body } = await sent(url, ...request, "host: evil.example:8080");
      expect(status).toBe(421);
      expect(JSON.parse(/\{.*\}/.exec(body)![0])).toEqual({
        error: {
          message: 'The header host must name this machine, or a host that the server allows, got "evil.example:8080".',
          type: "invalid_request_error",
          param: null,
          code: "misdirected_request",
        },
      });
    }
    expect(handled).toBe(0);
  });

  it("answers for this machine, by each method", async () => {
    const url = await start();
    for (const host of own)
      for (const request of [[get], post])
        expect((await sent(url, ...request, `host: ${host}`)).status, host).toBe(200);
    expect(handled).toBe(2 * own.length);
  });

  it("refuses a host that is absent or stated twice", async () => {
    const url = await start();
    const { status, body } = await sent(url, "GET /health HTTP/1.0");
    expect([status, body]).toEqual([421, expect.stringContaining("got nothing.")]);
    expect((await sent(url, get)).status).toBe(400);
    expect((await sent(url, get, "host: localhost", "host: evil.example")).status).toBe(421);
    expect(handled).toBe(0);
  });

  it("is one of version 6, or a name that leads to one, too", async () => {
    for (const host of ["::1", "localhost", "::ffff:127.0.0.1"]) {
      const url = await start({ host });
      expect((await sent(url, get, "host: evil.example")).status, host).toBe(421);
      expect((await sent(url, get, `host: ${new URL(url).host}`)).status, host).toBe(200);
      await open!.close();
    }
    expect(["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost", "a.localhost"].every(isLoopback)).toBe(
      true,
    );
    expect(["0.0.0.0", "::", "::2", "192.168.0.1", "example.org", "127.example.org"].some(isLoopback)).toBe(false);
  });
});

describe("allowedHosts", () => {
  it("are answered for as well, in any spelling and on any port", () => {
    const given = ["Models.internal", "10.0.0.7", "fe80::a", "[fe80:0::b]", "bücher.example", "my_service"];
    const stated = [
      "models.INTERNAL.:443",
      "10.0.0.7:80",
      "[fe80::a]:80",
      "[fe80::b]",
      "xn--bcher-kva.example",
      "my_service",
    ];
    for (const host of [...stated, ...own]) expect(hosts(given, host), host).toBe(true);
    for (const host of [...foreign, "a.models.internal", "internal", "10.0.0.70"])
      expect(hosts(given, host), host).toBe(false);
  });

  it("let a proxy's host through, and no other", async () => {
    const url = await start({ allowedHosts: ["models.internal"] });
    expect((await sent(url, get, "host: models.internal")).status).toBe(200);
    expect((await sent(url, get, "host: evil.example")).status).toBe(421);
  });

  it("are asked for on any other address only where they are given", async () => {
    const all = (await start({ host: "0.0.0.0" })).replace("0.0.0.0", "127.0.0.1");
    expect((await sent(all, get, "host: evil.example")).status).toBe(200);
    await open!.close();
    const some = (await start({ host: "0.0.0.0", allowedHosts: ["a.example"] })).replace("0.0.0.0", "127.0.0.1");
    expect((await sent(some, get, "host: evil.example")).status).toBe(421);
    expect((await sent(some, get, "host: a.example")).status).toBe(200);
  });

  it.each([
    ["", 'allowedHosts[0] must be a host\'s name or address, without a port, got ""'],
    ["a.example:80", 'without a port, got "a.example:80"'],
    ...[
      "http://a.example",
      "*",
      "*.example",
      "a b",
      "-a",
      "a..b",
      "8080",
      "[a]",
      "300.1.1.1",
      "a/b",
      "a".repeat(64),
    ].map((host) => [host, "listen: allowedHosts[0] must be a host's name or address, without a port, got"]),
  ])("%j is none", async (host, message) => {
    await expect(start({ allowedHosts: [host!] })).rejects.toThrow(message);
  });

  it("must be a list that holds one", async () => {
    await expect(start({ allowedHosts: [] })).rejects.toThrow("listen: allowedHosts must hold at least 1, got 0");
    await expect(start({ allowedHosts: "a.example" as never })).rejects.toThrow(
      'listen: allowedHosts must be an array, got "a.example"',
    );
    await expect(start({ allowedHosts: [7 as never] })).rejects.toThrow(TypeError);
  });
});
