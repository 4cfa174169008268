/** `ropewalk serve` as a process: started, asked, and ended. */
import { compose, selfExtend, yarn } from "@ropewalk/context-extension";
import { ggufVectors, onnxExports } from "@ropewalk/testing/vectors";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../src/program.ts";
import { readNamed } from "../../src/serve/model-names.ts";
import { wordsFor, type Loaded } from "../../src/serve/ready-report.ts";
import { ropewalk } from "../run.ts";

const main = ["--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts")];

type Report = { readonly url: string; readonly workers: number; readonly models: readonly object[] };
type Served = { readonly child: ChildProcess; readonly report: Report; readonly stderr: () => string };

const serve = async (...args: readonly string[]): Promise<Served> => {
  const child = spawn(process.execPath, [...main, "serve", ...args, "--port", "0", "--json"], {
    cwd: scratchFolder(),
    env: { ...process.env, NO_COLOR: "1" },
  });
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => void (stderr += part.toString()));
  const [line] = (await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error(stderr))),
  ])) as readonly Buffer[];
  return { child, report: JSON.parse(String(line)) as Report, stderr: () => stderr };
};

type Health = { readonly models: { readonly tales: { readonly running: number } } };
type Completion = { readonly choices: readonly [{ readonly text: string }] };

const complete = (url: string, body: object, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}/v1/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "tales", prompt: "Once upon a time", temperature: 0, ...body }),
    ...init,
    headers: { "content-type": "application/json", ...init.headers },
  });

describe("a server", () => {
  let served: Served;
  let url: string;
  beforeAll(async () => {
    const method = ["--method", "self-extend", "--group-size", "4", "--window", "128"];
    const hosts = ["--allow-host", "a.example", "--allow-host", "b.example"];
    const more = ["--api-key", "secret", "--workers", "2", "--threads", "1", ...hosts];
    served = await serve("tales=stories260K", ...method, ...more);
    url = served.report.url;
  });
  afterAll(() => served.child.kill("SIGKILL"));

  const headers = { authorization: "Bearer secret" };

  it("says where it is, and what it has", () => {
    expect(served.report).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      workers: 2,
      models: [
        { name: "tales", method: "self-extend", positions: "SelfExtend(groupSize 4, window 128)", capacity: 1664 },
      ],
    });
  });

  it("answers who shows the key, and answers while its models compute", async () => {
    expect((await complete(url, {})).status).toBe(401);
    const long = [0, 1].map(() => complete(url, { max_tokens: 120 }, { headers }));
    const running = async (): Promise<unknown> =>
      ((await (await fetch(`${url}/health`)).json()) as Health).models.tales.running;
    while ((await running()) !== 2);
    const texts = await Promise.all(
      long.map(async (each) => ((await (await each).json()) as Completion).choices[0].text),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).toMatch(/^, there was a little girl named Lily\. She loved to play outsid/);
  });

  it("answers for the hosts that it was told to allow, and no others", async () => {
    const statusFor = async (host: string): Promise<number> => {
      const asked = request(`${url}/health`, { headers: { host } }).end();
      const [answer] = (await once(asked, "response")) as readonly IncomingMessage[];
      answer!.resume();
      return answer!.statusCode!;
    };
    expect(await Promise.all(["a.example", "b.example", "evil.example"].map(statusFor))).toEqual([200, 200, 421]);
  });

  it("names a port that is taken", async () => {
    const { port } = new URL(url);
    const { code, stderr, stdout } = await ropewalk("serve", "stories260K", "--port", port);
    expect({ code, stderr, stdout }).toEqual({
      code: 1,
      stderr: `ropewalk: listen: port must be free on 127.0.0.1, got ${port}, one that is taken\n`,
      stdout: "",
    });
  });

  it("ends by SIGINT in the midst of an answer, with nothing to say", async () => {
    const response = await complete(url, { max_tokens: 400, stream: true }, { headers });
    const reader = response.body!.getReader();
    await reader.read();
    const cut = expect(
      (async () => {
        for (;;) if ((await reader.read()).done) return;
      })(),
    ).rejects.toThrow("terminated");
    const exit = once(served.child, "exit");
    served.child.kill("SIGINT");
    expect((await exit)[0]).toBe(0);
    await cut;
    expect(served.stderr()).toBe("");
  });
});

describe("what is wrong", () => {
  it.each([
    [
      ["stories260K", "stories260K"],
      "serve: models must have names of their own, got stories260K twice; <name>=<model> gives one",
    ],
    [["stories260K", "--workers", "0"], "serve: --workers must be a positive integer, got 0"],
    [["stories260K", "--queue", "-1"], "serve: --queue must be an integer >= 0, got -1"],
    [["stories260K", "--api-key", ""], "serve: --api-key must have a character at least, got none"],
    [["stories260K", "--length", "0"], "serve: --length must be a positive integer, got 0"],
    [
      ["stories260K", "--allow-host", "models.internal", "--allow-host", "models.internal:80"],
      'listen: allowedHosts[1] must be a host\'s name or address, without a port, got "models.internal:80"',
    ],
    [["stories260K", "--port", "70000"], "listen: port must be an integer from 0 to 65535, got 70000"],
    [
      ["stories260K", "--port", "0", "--method", "self-extend"],
      "serve: --method self-extend needs a --group-size, or a --length to choose it for",
    ],
  ])("%j", async (args, message) => {
    await expect(run(["serve", ...args])).rejects.toThrow(message);
  });

  it.each([
    ["owner/name", { name: "owner/name", model: "owner/name" }],
    ["a=owner/name", { name: "a", model: "owner/name" }],
    ["owner/name:model-q4_0.gguf", { name: "owner/name:model-q4_0", model: "owner/name:model-q4_0.gguf" }],
    ["ollama:llama3.2:1b", { name: "ollama:llama3.2:1b" }],
    [`${onnxExports}/genai-cpu-llama`, { name: "genai-cpu-llama" }],
    [`${onnxExports}/genai-cpu-llama/model.onnx`, { name: "model" }],
    [`${ggufVectors}/llama-k.gguf`, { name: "llama-k" }],
  ])("%s goes by a name", async (text, expected) => {
    expect(await readNamed(text)).toMatchObject(expected);
  });

  it("the folder of a GGUF file goes by the name of the file", async () => {
    const folder = join(scratchFolder(), "some-repository");
    mkdirSync(folder);
    await expect(readNamed(folder)).rejects.toThrow(/openFolder: .* must have a file config\.json, got nothing/);
    for (const name of ["tales-q8_0.gguf", "mmproj-f16.gguf", "config.json"]) writeFileSync(join(folder, name), "{}");
    expect(await readNamed(folder)).toEqual({ name: "tales-q8_0", model: folder });
  });
});

it("what it says when it is ready fits 80 columns", () => {
  const extension = compose(
    selfExtend({ groupSize: 12, window: 1024 }),
    yarn({ factor: 16, originalContext: 4096, betaFast: 32, betaSlow: 1 }),
  );
  const { positions } = extension;
  const extended = { positions, capacity: 131_072 };
  const model = {
    name: "a-model-with-a-name-of-some-length",
    models: [{ extended }],
    chosen: { name: "x", extension },
  };
  const words = wordsFor({ url: "http://127.0.0.1:8080", workers: 2, loaded: [model as unknown as Loaded] });
  expect(words).toBe(`http://127.0.0.1:8080/v1
  a-model-with-a-name-of-some-length: SelfExtend(groupSize 12, window 1024),
      yarn(factor 16, originalContext 4096, betaFast 32, betaSlow 1)
    context 131072 tokens, 2 requests at a time`);
});
