/** Pages whose host's name was made to lead to this machine are told from pages of this machine, and from programs. */
import { request } from "node:http";
import { afterEach, expect, it } from "vitest";
import { listen, type Listening } from "../src/node/index.ts";
import { isLoopback } from "../src/node/rebound.ts";

let open: Listening | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const statusOf = (url: string, headers: Readonly<Record<string, string>>): Promise<number> =>
  new Promise((done, failed) => {
    const sent = request(
      url,
      { method: "POST", headers: { "content-type": "application/json", ...headers } },
      (answer) => {
        answer.resume();
        done(answer.statusCode!);
      },
    );
    sent.on("error", failed).end("{}");
  });

const page = { origin: "http://evil.example:8080", "sec-fetch-site": "same-origin" };

it.each([
  ["a page of another name", { ...page, host: "evil.example:8080" }, 421],
  ["a page that sends no origin, as with GET", { "sec-fetch-site": "same-origin", host: "evil.example" }, 421],
  ["a page of a name that looks like this machine's", { ...page, host: "localhost.evil.example" }, 421],
  ["a page of a name that begins as an address", { ...page, host: "127.0.0.1.evil.example" }, 421],
  ["a page of this machine", { origin: "http://localhost:3000", host: "localhost:8080" }, 200],
  ["a page by an address", { origin: "http://127.0.0.1:8080", host: "127.0.0.1:8080" }, 200],
  ["a page by an address of version 6", { origin: "http://[::1]:8080", host: "[::1]:8080" }, 200],
  ["a program behind a proxy, which names it as it likes", { host: "models.internal" }, 200],
])("%s", async (_, headers, status) => {
  let handled = 0;
  open = await listen({ port: 0, fetch: async () => (handled++, new Response("ok")) });
  expect(await statusOf(open.url, headers)).toBe(status);
  expect(handled).toBe(status === 200 ? 1 : 0);
});

it("asks only where the server listens to this machine alone", async () => {
  expect(["127.0.0.1", "127.8.8.8", "::1", "localhost", "a.localhost"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "192.168.0.1", "example.org", "localhost.example.org"].some(isLoopback)).toBe(false);
  open = await listen({ port: 0, host: "0.0.0.0", fetch: async () => new Response("ok") });
  expect(await statusOf(open.url, { ...page, host: "evil.example" })).toBe(200);
});
