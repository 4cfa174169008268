/** A handler on a port: what goes over real connections, whole, in pieces, and cut off. */
import { connect } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { listen, type ListenConfig, type Listening } from "../src/node/index.ts";

let open: Listening | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const start = async (fetch: ListenConfig["fetch"], more: Partial<ListenConfig> = {}): Promise<string> => {
  open = await listen({ fetch, port: 0, ...more });
  return open.url;
};

/** Bytes without end; it says when it was asked for more, and when it was ended. */
const endless = () => {
  const seen = { pulls: 0, isCancelled: false };
  const body = new ReadableStream(
    {
      pull: (controller) => {
        seen.pulls += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
      cancel: () => {
        seen.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { seen, body };
};

const until = async (holds: () => boolean): Promise<void> => {
  const begun = performance.now();
  while (!holds()) {
    if (performance.now() - begun > 20_000) throw new Error(`waited for ${String(holds)}`);
    await sleep(5);
  }
};

/** A connection of one's own, which sends a request and reads what it is told to. */
const connectTo = async (url: string, request: string) => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(request);
  return socket;
};

describe("listen", () => {
  it("hands over method, path, headers and body, and brings back status, headers and body", async () => {
    const url = await start(async (request) =>
      Response.json([request.method, new URL(request.url).pathname, request.headers.get("x-a"), await request.text()], {
        status: 201,
        headers: { "x-b": "c" },
      }),
    );
    const response = await fetch(`${url}/some/path?a=1`, { method: "POST", headers: { "x-a": "b" }, body: "text" });
    expect([response.status, response.headers.get("x-b")]).toEqual([201, "c"]);
    expect(await response.json()).toEqual(["POST", "/some/path", "b", "text"]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("answers before a body was read, and the connection goes on", async () => {
    const url = await start(async () => new Response("no", { status: 413 }));
    for (let time = 0; time < 3; time++) {
      const response = await fetch(url, { method: "POST", body: "a".repeat(3_000_000) });
      expect([response.status, await response.text()]).toEqual([413, "no"]);
    }
  });

  it("tells of a client that has gone, before the answer and within it", async () => {
    const arrived: string[] = [];
    const gone: string[] = [];
    const { seen, body } = endless();
    const url = await start(async (request) => {
      const { pathname } = new URL(request.url);
      arrived.push(pathname);
      if (pathname === "/stream") return new Response(body);
      await once(request.signal, "abort");
      gone.push(pathname);
      return new Response();
    });
    const stop = new AbortController();
    const waiting = fetch(`${url}/wait`, { signal: stop.signal });
    await until(() => arrived.length > 0);
    stop.abort();
    await expect(waiting).rejects.toThrow();
    await until(() => gone.length > 0);
    const streaming = await fetch(`${url}/stream`);
    const reader = streaming.body!.getReader();
    await reader.read();
    await reader.cancel();
    await until(() => seen.isCancelled);
    expect(gone).toEqual(["/wait"]);
  });

  it("waits for a client that does not read, and cuts the connection in time", async () => {
    const { seen, body } = endless();
    const url = await start(async () => new Response(body), { stallTimeout: 300 });
    const socket = await connectTo(url, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    socket.pause();
    await until(() => seen.pulls > 0);
    await sleep(100);
    const { pulls } = seen;
    await sleep(100);
    expect(seen.pulls - pulls).toBeLessThan(5);
    await until(() => seen.isCancelled);
    socket.destroy();
  });

  it("cuts a stream that fails", async () => {
    const body = new ReadableStream({
      pull: async (controller) => {
        controller.enqueue(new Uint8Array(3));
        await sleep(5);
        controller.error(new Error("gone"));
      },
    });
    const url = await start(async () => new Response(body));
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  });

  it("answers what is no request, and goes on", async () => {
    const url = await start(async () => new Response("yes"));
    for (const line of ["GET //a b HTTP/1.1", "TRACE / HTTP/1.1", "GET http://a/b HTTP/1.1", "nonsense"]) {
      const socket = await connectTo(url, `${line}\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      const answer = String((await once(socket, "data"))[0]);
      expect(answer).toMatch(/^HTTP\/1\.1 [24]00 /);
      socket.destroy();
    }
    expect(await (await fetch(url)).text()).toBe("yes");
  });

  it("names a port that is taken, and one that is none", async () => {
    const url = await start(async () => new Response());
    const port = Number(new URL(url).port);
    const fetch = async (): Promise<Response> => new Response();
    await expect(listen({ fetch, port })).rejects.toThrow(
      `listen: port must be free on 127.0.0.1, got ${port}, one that is taken`,
    );
    await expect(listen({ fetch, port: 70_000 })).rejects.toThrow(
      "listen: port must be an integer from 0 to 65535, got 70000",
    );
    await expect(listen({ fetch, port: 0, host: "" })).rejects.toThrow('listen: host must be text, got ""');
    await expect(listen({ fetch: 7 as never, port: 0 })).rejects.toThrow("listen: fetch must be a function, got 7");
  });

  it("ends with open connections", async () => {
    const { body } = endless();
    const url = await start(async () => new Response(body));
    const response = await fetch(url);
    await open!.close();
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});
