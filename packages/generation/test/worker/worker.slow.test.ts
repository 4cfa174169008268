/**
 * Models in a worker thread, held to the same models here.
 * Longer than 400 lines: one worker serves all tests, and starting it is most of their time.
 */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, reRope, selfExtend, slidingWindow } from "@ropewalk/context-extension";
import {
  argmax,
  isContextLengthExceeded,
  keepEnds,
  loadModel,
  regroup,
  type GeneratedToken,
  type GenerateOptions,
  type LanguageModel,
  type LeftPrefix,
  type OverflowPolicy,
  type TokenOptions,
} from "@ropewalk/generation";
import { connectWorker, type WorkerConnection, type WorkerModel } from "@ropewalk/generation/worker";
import { inMemory, openFiles, openUrl } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { startCpuWorker } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const gather = async <Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> => {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
};

/** What a function throws, in its class and words. */
const thrown = async (act: () => unknown): Promise<readonly [unknown, string]> => {
  try {
    await act();
  } catch (error) {
    return [(error as Error).constructor, (error as Error).message];
  }
  return [undefined, "nothing"];
};

const backend = { name: "cpu", options: { threads: 1 } };
const ids = Array.from({ length: 150 }, (_, index) => 3 + ((index * 7) % 500));
const extension = compose(selfExtend({ groupSize: 4, window: 64 }), logN({ trainedContext: 512 }));

describe("a model in a worker thread", () => {
  let worker: Worker;
  let connection: WorkerConnection;
  let here: LanguageModel;
  let there: WorkerModel;

  beforeAll(async () => {
    worker = startCpuWorker();
    connection = connectWorker(worker);
    const folder = await openFolder(stories260K.url);
    here = await loadModel(folder, { backend: cpu({ threads: 1 }), extension });
    there = await connection.loadModel(stories260K.url.pathname, { backend, extension });
  });
  afterAll(async () => {
    await Promise.all([here.release(), there.release()]);
    await worker.terminate();
  });

  it("guesses by lookup, and refuses a draft, which is no data", async () => {
    const options = { maxNewTokens: 24, lookup: { match: 1 }, stepsPerRun: 1 } as const;
    expect(await gather(there.generateTokens(ids, options))).toEqual(await gather(here.generateTokens(ids, options)));
    const draft = { draft: { model: here } };
    const [, message] = await thrown(() => gather(there.generateTokens(ids, draft)));
    expect(message).toMatch(
      /^generate: options must be data, which a worker can be sent, got a function at draft\.model/,
    );
  });

  it("states the same of itself", () => {
    const { source, extended, backend: where, text } = there;
    expect(source.decoder).toEqual({ ...source.decoder, numLayers: here.source.decoder.numLayers });
    expect([source.kind, source.name, source.family, source.stopTokens]).toEqual([
      here.source.kind,
      here.source.name,
      "llama",
      here.source.stopTokens,
    ]);
    expect(source.bytes).toBe(1_040_128);
    expect([extended.capacity, extended.positions.name, extended.entropy]).toEqual([
      here.extended.capacity,
      here.extended.positions.name,
      here.extended.entropy,
    ]);
    expect(where).toEqual({ name: "cpu", precision: "float32", stepsPerRun: 1 });
    expect(text!.encode("Once upon a time")).toEqual(here.text!.encode("Once upon a time"));
  });

  it.each<TokenOptions>([
    { maxNewTokens: 12 },
    {
      sampling: {
        kind: "sample",
        temperature: 0.8,
        minP: 0.05,
        seed: 1,
        repetitionPenalty: 1.2,
        logitBias: { 3: -100 },
      },
    },
  ])("streams the same text and tokens, %j", async (options) => {
    const generated = (model: Pick<LanguageModel, "generate">) => gather(model.generate("Once upon", options));
    expect(await generated(there)).toEqual(await generated(here));
    const tokens = (model: Pick<LanguageModel, "generateTokens">) => gather(model.generateTokens(ids, options));
    expect(await tokens(there)).toEqual(await tokens(here));
  });

  it("gives the same logits and attentions, whole and chunk by chunk", async () => {
    expect(await there.logits(ids)).toEqual(await here.logits(ids));
    const visited = async (model: Pick<LanguageModel, "visitLogits">) => {
      const found: (readonly [number, Float32Array])[] = [];
      await model.visitLogits(ids, (first, rows) => found.push([first, rows.slice()]), { chunkSize: 50 });
      return found;
    };
    expect(await visited(there)).toEqual(await visited(here));
    const what = { what: "entropies", layers: [1, 0] } as const;
    expect(await there.attentions(ids, what)).toEqual(await here.attentions(ids, what));
    const starts: number[] = [];
    await there.visitAttentions(ids, (chunk) => starts.push(chunk.start), { ...what, chunkSize: 64 });
    expect(starts).toEqual([0, 64, 128]);
  });

  it("tells of progress and statistics, as they come", async () => {
    const told: string[] = [];
    const onPrefill = (done: number, total: number): unknown => told.push(`${done}/${total}`);
    const onDone = (stats: { readonly newTokens: number; readonly cacheBytes: number }): unknown =>
      told.push(`${stats.newTokens} in ${stats.cacheBytes}`);
    await gather(there.generateTokens(ids, { maxNewTokens: 4, chunkSize: 64, onPrefill, onDone }));
    const all = await here.generateTokens(ids, {
      maxNewTokens: 4,
      onDone: ({ cacheBytes }) => expect(told).toEqual(["64/150", "128/150", "150/150", `4 in ${cacheBytes}`]),
    });
    await gather(all);
    expect(told).toHaveLength(4);
  });

  it("ends at stop strings and tells each token with its log-probabilities, as here", async () => {
    const run = async (model: Pick<LanguageModel, "generate">) => {
      const told: GeneratedToken[] = [];
      const options = {
        stopStrings: ["ittle gi"],
        logprobs: 3,
        onToken: (token: GeneratedToken) => void told.push(token),
      };
      return { text: await gather(model.generate("Once upon a time", options)), told };
    };
    const mine = await run(here);
    expect(mine.text.join("")).toMatch(/ l$/);
    expect(mine.told[0]!.top).toHaveLength(3);
    expect(await run(there)).toEqual(mine);
    expect((await thrown(() => gather(there.generate("Once", { mask: () => {} }))))[1]).toMatch(
      /options must be data, which a worker can be sent, got a function at mask/,
    );
  });

  it("says in fields what did not fit", async () => {
    const long = Array.from({ length: 1900 }, () => 5);
    const error: unknown = await gather(there.generateTokens(long)).catch((each: unknown) => each);
    expect(isContextLengthExceeded(error)).toBe(true);
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ capacity: here.extended.capacity, length: 1901 });
  });

  it("runs what a policy leaves of a prompt that is too long, one of one's own too, behind a prefix too", async () => {
    const long = Array.from({ length: 1500 }, (_, index) => 3 + ((index * 37) % 500));
    const half: OverflowPolicy = ({ ids: all }) => all.filter((_, at) => at < 200 || at % 2 === 0);
    for (const beyondCapacity of [keepEnds({ first: 3 }), regroup(), half]) {
      const options = { beyondCapacity, maxNewTokens: 4 };
      const expected = await gather(here.generateTokens(long, options));
      expect(await gather(there.generateTokens(long, options))).toEqual(expected);
      const after = await there.read(long.slice(0, 200));
      expect(await gather(there.generateTokens(long.slice(200), { ...options, after }))).toEqual(expected);
      await after.release();
    }
  });

  it("runs another extension on the same weights", async () => {
    const other = slidingWindow({ window: 40 });
    const [mine, its] = [await here.withExtension(other), await there.withExtension(other)];
    expect(await gather(its.generateTokens(ids))).toEqual(await gather(mine.generateTokens(ids)));
    expect(its.extended.positions.name).toBe("SlidingWindow(window 40)");
  });

  it("goes on behind a cache, and a cache that was gone on from is none", async () => {
    let cache = await there.createCache({ length: 32 });
    const first = cache;
    let { logits, cache: next } = await there.prefill(cache, "Once upon a time");
    while (next.length < 20) ({ logits, cache: next } = await there.prefill(next, [argmax(logits)]));
    cache = next;
    expect(there.text!.decode(cache.ids)).toBe("Once upon a time, there was a little girl named Lily. She loved to");
    expect(await thrown(() => there.prefill(first, "more"))).toEqual([
      TypeError,
      "prefill: cache must be what createCache or the last run gave, got an older or a released one",
    ]);
    await there.releaseCache(cache);
    await there.releaseCache(cache);
  });

  it("reads once, and answers behind it, extended too", async () => {
    const behind = async (model: LanguageModel | WorkerModel) => {
      const told: (readonly [number, number])[] = [];
      const first = await model.read(ids, { chunkSize: 60, onProgress: (done, all) => void told.push([done, all]) });
      const second = await first.extend(ids.slice(0, 9));
      const found = [];
      for (const after of [first, second, first])
        found.push(
          await gather(model.generate(" He", { after, maxNewTokens: 6 })),
          await gather(model.generateTokens([5], { after, maxNewTokens: 6 })),
          await model.logits([5, 6], { after }),
        );
      const facts = [first, second].map((prefix) => ({ ids: prefix.ids, bytes: prefix.bytes }));
      const left: LeftPrefix[] = [];
      await gather(model.generate(" He", { after: first, maxNewTokens: 6, onPrefix: (prefix) => left.push(prefix) }));
      const alone = await gather(model.generateTokens([5], { after: left[0]!, maxNewTokens: 6 }));
      found.push(alone, left[0]!.ids, await model.prefixBytes([first, second, left[0]!]));
      await left[0]!.release();
      await first.release();
      await second.release();
      await second.release();
      const refused = [
        await thrown(() => gather(model.generate("", { after: first }))),
        await thrown(() => first.extend([5])),
        await thrown(() => gather(model.generate("", { after: ids as never }))),
        await thrown(() => model.read([])),
      ];
      return { told, found, facts, refused };
    };
    const [inside, outside] = [await behind(here), await behind(there)];
    expect({ ...outside, refused: [] }).toEqual({ ...inside, refused: [] });
    const isHere = "read of the model gives";
    expect(outside.refused).toEqual(
      inside.refused.map(([type, words]) => [type, words.replace(isHere, "read of a model in the same worker gives")]),
    );
    const local = await here.read(ids);
    expect(await thrown(() => there.logits([5], { after: local }))).toEqual([
      TypeError,
      expect.stringMatching(/^logits: after must be a prefix, which read of a model in the same worker gives, got/),
    ]);
    local.release();
  });

  it("saves what it read, and opens it, by path and URL", async () => {
    const folder = scratchFolder();
    const path = join(folder, "book.kv");
    const behind = async (model: LanguageModel | WorkerModel) => {
      const seen: (readonly [number, number])[] = [];
      const read = await model.read(ids);
      const bytes = await read.save(path, { onProgress: (...at) => void seen.push(at) });
      const file = readFileSync(path);
      const opened = await model.open(pathToFileURL(path));
      const logits = await model.logits([5, 6], { after: opened });
      await read.release();
      await opened.release();
      const stopped = AbortSignal.abort(new RangeError("enough"));
      const refused = [
        await thrown(() => model.open(join(folder, "absent.kv"))),
        await thrown(() => model.open(7 as never)),
        await thrown(() => read.save(path)),
        await thrown(() => model.open(path, { signal: stopped })),
      ];
      return { bytes, seen, file, ids: opened.ids, logits, refused };
    };
    expect(await behind(there)).toEqual(await behind(here));
    rmSync(folder, { recursive: true });
  });

  it("stops where it is aborted, with the reason, in prefill and while tokens come", async () => {
    const reason = { why: "enough" };
    const stop = new AbortController();
    let tokens = 0;
    const act = async (): Promise<void> => {
      for await (const _ of there.generateTokens(ids, { maxNewTokens: 200, signal: stop.signal }))
        if ((tokens += 1) === 5) stop.abort(reason);
    };
    await expect(act()).rejects.toBe(reason);
    expect(tokens).toBe(5);
    const early = new AbortController();
    const chunks: number[] = [];
    const long = Array.from({ length: 20 }, () => ids).flat();
    const prefill = there.visitLogits(long, (at) => (chunks.push(at), early.abort(reason)), {
      chunkSize: 16,
      signal: early.signal,
    });
    await expect(prefill).rejects.toBe(reason);
    expect(chunks.length).toBeLessThan(long.length / 16);
    await expect(there.logits(ids, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("frees what nobody reads on", async () => {
    for await (const _ of there.generateTokens(ids, { maxNewTokens: 100 })) break;
    expect(await gather(there.generateTokens(ids, { maxNewTokens: 2 }))).toHaveLength(2);
  });

  it("throws what is thrown here, in its class and words", async () => {
    const wrong: readonly ((model: Pick<LanguageModel, "generate" | "generateTokens" | "logits">) => unknown)[] = [
      (model) => gather(model.generateTokens([999_999])),
      (model) => gather(model.generateTokens(ids, { maxNewTokens: 100_000 })),
      (model) => gather(model.generateTokens(ids, { max_new_tokens: 4 } as GenerateOptions)),
      (model) => gather(model.generate([{ role: "user", content: "Hi" }])),
      (model) => model.logits([]),
    ];
    for (const act of wrong) {
      const expected = await thrown(() => act(here));
      expect(expected[0]).not.toBe(undefined);
      expect(await thrown(() => act(there))).toEqual(expected);
    }
  });

  it("loads from folders here, in memory or on disk, from URLs, and what the worker opens itself", async () => {
    const story = async (source: Parameters<WorkerConnection["loadModel"]>[0]): Promise<string> => {
      const told: number[] = [];
      const onQuantize = (done: number): unknown => told.push(done);
      const model = await connection.loadModel(source, { backend, quantize: "q8", onQuantize });
      expect(told.length).toBeGreaterThan(5);
      const text = await gather(model.generate("Once upon a time", { maxNewTokens: 12 }));
      await model.release();
      return text.join("");
    };
    const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
    const bytes = Object.fromEntries(
      names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, stories260K.url)))]),
    );
    const expected = await story(await openFolder(stories260K.url));
    expect(expected).toMatch(/^, there was a little/);
    const opened = await connection.openModel(new URL(stories260K.url));
    expect([opened.source.decoder.numLayers, opened.text!.encode("Lily").length]).toEqual([5, 2]);
    const dropped = openFiles(
      Object.entries(bytes).map(([name, data]) => new File([data as Uint8Array<ArrayBuffer>], name)),
    );
    for (const source of [inMemory("bytes", bytes), dropped, opened, new URL(stories260K.url), { own: bytes }])
      expect(await story(source)).toBe(expected);
  });

  it("refuses what it cannot have, in words", async () => {
    const load = (source: unknown, options: object) => (): unknown =>
      connection.loadModel(source as string, { backend: "cpu", ...options });
    const custom = { positions: { ...reRope({ window: 64 }).positions!, config: undefined } };
    for (const [act, said] of [
      [load("/nowhere/at all", {}), /\/nowhere\/at all/],
      [load(stories260K.url, { backend: "gpu" }), /loadModel: backend must be one of cpu, none .*got "gpu"/],
      [load(stories260K.url, { backend: "none" }), /loadModel: backend must be a backend, got nothing/],
      [
        load(stories260K.url, { backend: { named: "cpu" } }),
        /backend must have no keys but name, options, got "named"/,
      ],
      [
        load(stories260K.url, { dtype: "q4" }),
        /options must have no keys but .* quantize, or the backend's precision,/,
      ],
      [load(stories260K.url, { adapter: { file: () => 0 } }), /options must be data.* got a function at adapter.file/],
      [
        load(stories260K.url, { adapter: [{ file: () => 0 }] }),
        /options must be data.* got a function at adapter.0.file/,
      ],
      [load(stories260K.url, { extension: custom }), /positions must be a mapping with a config/],
      [load(7, {}), /source must be a folder's path or URL/],
      [load(await openUrl(new URL("http://127.0.0.1:9/")), {}), /openUrl: .* must come from .*127.0.0.1:9/],
      [() => connectWorker({} as Worker), /connectWorker: worker must be a Web Worker, a worker thread or a port/],
    ] as const) {
      const [, message] = await thrown(act);
      expect(message).toMatch(said);
    }
  });

  it("is released once, and says so when it is used again", async () => {
    const model = await connection.loadModel(stories260K.url, { backend });
    const other = await model.withExtension(extension);
    await Promise.all([model.release(), other.release(), model.release()]);
    expect(await thrown(() => gather(other.generate("Once")))).toEqual([
      TypeError,
      "generate: the model must not be released, nor one that shares its weights, got one that is",
    ]);
  });
});

describe("a worker that dies", () => {
  it.each([
    ["exit", "ended with the exit code 3"],
    ["throw", "failed: out of it"],
  ])("is an error in words for every call that waits, and every one after: %s", async (own, why) => {
    const connection = connectWorker(startCpuWorker());
    const calls = [1, 2, 3].map(() => thrown(() => connection.openModel({ own })));
    const said = [Error, `openModel: the worker must be alive, got one that ${why}`];
    expect(await Promise.all(calls)).toEqual([said, said, said]);
    expect(await thrown(() => connection.openModel("anything"))).toEqual(said);
    expect(connection.ended()).toBe(why);
  });

  it("says so where its file cannot be loaded", async () => {
    const connection = connectWorker(new Worker(new URL("no-such-file.ts", import.meta.url)));
    expect(await thrown(() => connection.openModel("anything"))).toEqual([
      Error,
      expect.stringMatching(/^openModel: the worker must be alive, got one that failed: .*no-such-file/),
    ]);
  });

  it("is said where it is ended from outside", async () => {
    const worker = startCpuWorker();
    const connection = connectWorker(worker);
    const opened = await connection.openModel(stories260K.url);
    expect(opened.source.name).toBe("stories260K");
    const waits = thrown(() => connection.openModel({ own: "never" }));
    await worker.terminate();
    expect((await waits)[1]).toMatch(/the worker must be alive|must be a folder/);
    expect((await thrown(() => connection.openModel("anything")))[1]).toMatch(/ended with the exit code 1/);
  });
});
