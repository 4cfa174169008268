/** Attention maps and entropies as outputs: their values, and that all other outputs stay the same. */
import { compose, logN, selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/context-extension";
import { attentionEntropy } from "@ropewalk/entropy-scaling";
import { checkModel, decode, encode, node, valueOfInfo } from "@ropewalk/graph";
import { configOf, exportNames, extend, modelOf } from "@ropewalk/testing/exports/export-files";
import { open, type Runner } from "@ropewalk/testing/exports/run-export";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { extendExport, type Attentions, type ExtendOptions } from "../../../src/index.ts";
import { config, oneLayer, rowDim, sizes, weightsInLoops, type PairRule } from "./one-layer.ts";

const extension = selfExtend({ groupSize: 4, window: 16 });

const isAttentions = (name: string): boolean => name.startsWith("decoder_attentions");

/** The attentions in a session's results, layer by layer. */
const attentionsIn = (results: InferenceSession.ReturnType): readonly Tensor[] =>
  Object.entries(results)
    .filter(([name]) => isAttentions(name))
    .map(([, tensor]) => tensor as Tensor);

const floats = (tensor: Tensor): Float32Array => tensor.data as Float32Array;

/** A row padded on the left. */
const padded = <T>(filler: T, width: number, row: readonly T[]): readonly T[] => [
  ...Array.from({ length: width - row.length }, () => filler),
  ...row,
];

const ones = (row: readonly unknown[]): readonly number[] => row.map(() => 1);

/** The option, or none. */
const asking = (attentions: Attentions | undefined): Pick<ExtendOptions, "attentions"> =>
  attentions === undefined ? {} : { attentions };

/**
 * The largest of all numbers that should be 0: differences of the sums of rows to 1, and weights of later keys and of padding. NaN if
 * a weight is NaN.
 *
 * @param mask - the mask of past and new tokens, [batch][totalLen]; the map may have only the last keys
 */
const worstOf = (map: Tensor, mask: readonly (readonly number[])[]): number => {
  const [batch, numHeads, queryLen, keys] = map.dims as [number, number, number, number];
  const [weights, totalLen] = [floats(map), mask[0]!.length];
  const [firstQuery, firstKey] = [totalLen - queryLen, totalLen - keys];
  let worst = 0;
  let at = 0;
  for (let b = 0; b < batch; b++)
    for (let h = 0; h < numHeads; h++)
      for (let c = 0; c < queryLen; c++) {
        const isToken = mask[b]![firstQuery + c] === 1;
        let sum = 0;
        for (let k = 0; k < keys; k++, at++) {
          const weight = weights[at]!;
          sum += weight;
          const hidden = firstKey + k > firstQuery + c || mask[b]![firstKey + k] === 0;
          if (isToken && hidden) worst = Math.max(worst, weight);
        }
        worst = Math.max(worst, Math.abs(sum - 1));
      }
  return worst;
};

describe.each<readonly [string, ContextExtension]>([
  ["its attention rewritten", {}],
  ["extended", extension],
])("an export, %s,", (_, chosen) => {
  it.each(exportNames)("gives out maps and entropies, and its logits as before: %s", async (name) => {
    const runners: Runner[] = [];
    for (const attentions of [undefined, "maps", "entropies"] as const)
      runners.push(await open(name, extend(name, { extension: chosen, ...asking(attentions) }).model));
    const [plain, maps, entropies] = runners as [Runner, Runner, Runner];
    const settings = configOf(name) as Record<string, number | null>;
    const { num_attention_heads: numHeads, num_hidden_layers: numLayers } = settings;
    const slides = chosen.positions === undefined && name.includes("mistral") ? settings["sliding_window"]! : Infinity;
    const prompts = [0, 1].map((b) => Array.from({ length: 30 - 11 * b }, (_, i) => 3 + ((i * 7 + 5 * b) % 100)));
    const steps = [
      { ids: prompts.map((row) => padded(0, 30, row)), fresh: prompts.map((row) => padded(0, 30, ones(row))) },
      { ids: [[7], [9]], fresh: [[1], [1]] },
    ];
    let mask: readonly (readonly number[])[] = [[], []];
    for (const { ids, fresh } of steps) {
      mask = mask.map((row, b) => [...row, ...fresh[b]!]);
      const [queryLen, totalLen] = [ids[0]!.length, mask[0]!.length];
      const keys = Math.min(totalLen, slides + queryLen - 1);
      const logits = await plain.step(ids, fresh);
      expect(await maps.step(ids, fresh)).toEqual(logits);
      expect(await entropies.step(ids, fresh)).toEqual(logits);
      const [given, measured] = [maps, entropies].map((runner) => attentionsIn(runner.results()));
      expect([attentionsIn(plain.results()).length, given!.length, measured!.length]).toEqual([
        0,
        numLayers,
        numLayers,
      ]);
      for (const [layer, map] of given!.entries()) {
        expect([map.type, ...map.dims]).toEqual(["float32", 2, numHeads, queryLen, keys]);
        expect(worstOf(map, mask)).toBeLessThan(1e-6);
        const { type, dims } = measured![layer]!;
        expect([type, ...dims]).toEqual(["float32", 2, numHeads, queryLen]);
        const wanted = attentionEntropy({ keyLen: keys }, floats(map));
        const off = Array.from(floats(measured![layer]!), (entropy, row) => Math.abs(entropy - wanted[row]!));
        expect(Math.max(...off)).toBeLessThan(1e-5);
      }
    }
    for (const runner of runners) await runner.release();
  });
});

const { numHeads, numKvHeads, headDim, trainedContext } = sizes;

/** Numbers that look random and are the same every time. */
const rowsOf = (seed: number, tokens: number): readonly (readonly number[])[] =>
  Array.from({ length: tokens }, (_, t) =>
    Array.from({ length: rowDim }, (_, d) => 1.5 * Math.sin(seed + 12.9898 * (t + 1) * (d + 1.7))),
  );

const grouped = (i: number, j: number): readonly [number, number] =>
  i - j < 16 ? [i, j] : [Math.floor(i / 4) + 16 - 4, Math.floor(j / 4)];
const growing = (i: number): number => Math.max(1, Math.log(i + 1) / Math.log(trainedContext));

describe("one layer, whose queries and keys are given,", () => {
  const plain: PairRule = { positions: (i, j) => [i, j] };
  it.each<readonly [string, ContextExtension, PairRule]>([
    ["{}", {}, plain],
    ["SelfExtend", extension, { positions: grouped }],
    ["SelfExtend and log-n", compose(extension, logN({ trainedContext })), { positions: grouped, queryScale: growing }],
    ["a sliding window", slidingWindow({ window: 16 }), { ...plain, sees: (i, j) => i - j < 16 }],
  ])("attends as plain loops do, in chunks and in a padded batch: %s", async (_, chosen, rule) => {
    const batch = [rowsOf(1, 90), rowsOf(2, 77)];
    const wanted = batch.map((rows) => weightsInLoops(rule, rows));
    for (const attentions of ["maps", "entropies"] as const) {
      const { model } = extendExport({ extension: chosen, config, attentions }, oneLayer());
      const session = await InferenceSession.create(model);
      const cache = new Map<string, Tensor>(
        ["key", "value"].map((kv) => [kv, new Tensor("float32", [], [2, numKvHeads, 0, headDim])]),
      );
      let worst = 0;
      for (const [from, to] of [
        [0, 60],
        [60, 89],
        [89, 90],
      ] as const) {
        const filler = Array.from({ length: rowDim }, () => 1);
        const qkv = batch.flatMap((rows) => padded(filler, 90, rows).slice(from, to)).flat();
        const mask = batch.flatMap((rows) => padded(0, 90, ones(rows)).slice(0, to));
        const results = await session.run({
          qkv: new Tensor("float32", qkv, [2, to - from, rowDim]),
          attention_mask: new Tensor("int64", BigInt64Array.from(mask, BigInt), [2, to]),
          ...Object.fromEntries([...cache].map(([kv, past]) => [`past_key_values.0.${kv}`, past])),
        });
        for (const kv of cache.keys()) cache.set(kv, results[`present.0.${kv}`] as Tensor);
        const [given] = attentionsIn(results);
        const keys = attentions === "maps" ? given!.dims[3]! : 0;
        for (const [b, rows] of batch.entries())
          for (let h = 0; h < numHeads; h++)
            for (let t = Math.max(from, 90 - rows.length); t < to; t++) {
              const row = wanted[b]![h]![t - 90 + rows.length]!;
              const at = (b * numHeads + h) * (to - from) + t - from;
              if (attentions === "entropies") {
                const entropy = row.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);
                worst = Math.max(worst, Math.abs(floats(given!)[at]! - entropy));
              } else
                for (let k = 0; k < keys; k++) {
                  // The token of column k, since columns are the last `keys` tokens.
                  const token = to - keys + k - 90 + rows.length;
                  worst = Math.max(worst, Math.abs(floats(given!)[at * keys + k]! - (row[token] ?? 0)));
                }
            }
      }
      expect(worst).toBeLessThan(1e-5);
      await session.release();
    }
  });

  it("a query that attends to one key has the entropy 0, and no weight that vanishes makes a NaN", async () => {
    const { model } = extendExport({ extension: {}, config, attentions: "entropies" }, oneLayer());
    const session = await InferenceSession.create(model);
    // Scores are so large that every weight but one is 0 in float32.
    const qkv = Float32Array.from({ length: 3 * rowDim }, (_, i) => (i < 2 * rowDim ? 0 : 1e4));
    const past = new Tensor("float32", [], [1, numKvHeads, 0, headDim]);
    const results = await session.run({
      qkv: new Tensor("float32", qkv, [1, 3, rowDim]),
      attention_mask: new Tensor("int64", [1n, 1n, 1n], [1, 3]),
      "past_key_values.0.key": past,
      "past_key_values.0.value": past,
    });
    const entropies = Array.from(floats(attentionsIn(results)[0]!));
    for (let h = 0; h < numHeads; h++) {
      const [first, second, third] = entropies.slice(3 * h);
      expect(first).toBe(0);
      expect(second).toBeCloseTo(Math.log(2), 6);
      expect(third).toBe(0);
    }
    await session.release();
  });
});

describe("the outputs of a graph", () => {
  const name = "genai-cpu-windowed-kv-mistral";
  const { numLayers } = extend(name, { extension });
  const outputsOf = (model: Uint8Array) => decode(model).graph!.output.map(valueOfInfo);
  const added = (chosen: ContextExtension, attentions: Attentions) =>
    outputsOf(extend(name, { extension: chosen, attentions }).model).slice(-numLayers);

  it("stay, with the attentions of every layer behind them, in their order", () => {
    const before = outputsOf(modelOf(name));
    const after = outputsOf(extend(name, { extension, attentions: "maps" }).model);
    expect(after.slice(0, -numLayers)).toEqual(before);
    expect(after.slice(-numLayers).map((value) => value.name)).toEqual(
      Array.from({ length: numLayers }, (_, layer) => `decoder_attentions.${layer}`),
    );
  });

  it("say their types and shapes", () => {
    const [first] = added(extension, "maps");
    expect(first).toMatchObject({ type: "float32", dims: ["batch", 4, "queryLen", "keys"] });
    // The number of keys in the window, not of all keys.
    expect(added({}, "maps")[0]).toMatchObject({ type: "float32", dims: ["batch", 4, "queryLen", "keys.24"] });
    expect(added({}, "entropies")[0]).toMatchObject({ type: "float32", dims: ["batch", 4, "queryLen"] });
  });

  it.each<readonly [Attentions | undefined, Attentions | undefined]>([
    ["maps", "entropies"],
    ["entropies", "maps"],
    ["maps", "maps"],
    ["maps", undefined],
    [undefined, "entropies"],
  ])("are replaced with the extension: %s, then %s", (before, after) => {
    const options = { extension, config: configOf(name) };
    const once = extendExport({ ...options, ...asking(before) }, modelOf(name));
    const other = { extension: selfExtend({ groupSize: 3, window: 20 }), ...asking(after) };
    const twice = extendExport({ ...other, config: once.config, replace: true }, once.model);
    const fresh = extendExport({ ...other, config: configOf(name) }, modelOf(name));
    expect(() => checkModel(decode(twice.model))).not.toThrow();
    expect(outputsOf(twice.model)).toEqual(outputsOf(fresh.model));
    const names = (model: Uint8Array) => decode(model).graph!.node.map((found) => found.name);
    expect(names(twice.model)).toEqual(names(fresh.model));
  });
});

describe("refused by name:", () => {
  it.each(["map", "", true, ["maps"], null])("attentions %j", (attentions) => {
    const options = { extension, config, attentions: attentions as never };
    expect(() => extendExport(options, oneLayer())).toThrow(
      `extendExport: attentions must be one of maps, entropies, got ${String(attentions)}`,
    );
  });

  it("a model with a value of that name", () => {
    const model = decode(oneLayer());
    model.graph!.node.push(node("Identity", ["qkv"], ["decoder_attentions.0"], {}, { name: "mine" }));
    const bytes = encode(model);
    expect(() => extendExport({ extension, config, attentions: "maps" }, bytes)).toThrow(
      'a model must have no value "decoder_attentions.0" where the rewriting gives one out, got node "mine" (Identity)',
    );
    // Without attentions the name is free.
    expect(() => extendExport({ extension, config }, bytes)).not.toThrow();
  });
});
