/**
 * The files that engines read. Models are run by these files alone, as ONNX Runtime GenAI and Triton would, and give the logits that
 * they give to a caller who knows the model.
 */
import { selfExtend } from "@ropewalk/context-extension";
import { decode } from "@ropewalk/graph";
import { configOf, exportPath, extend } from "@ropewalk/testing/exports/export-files";
import { open, type Runner } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as native from "onnxruntime-node";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { extendFolder } from "../../src/node.ts";

const { Tensor } = native;
const extension = selfExtend({ groupSize: 2, window: 16 });

type Names = Readonly<Record<string, string>>;
type Genai = {
  readonly model: {
    readonly context_length: number;
    readonly vocab_size: number;
    readonly decoder: {
      readonly filename: string;
      readonly num_hidden_layers: number;
      readonly num_key_value_heads: number;
      readonly head_size: number;
      readonly inputs: Names;
      readonly outputs: Names;
    };
  };
  readonly search: Readonly<Record<string, unknown>>;
};

const int64 = (row: readonly number[]) => new Tensor("int64", BigInt64Array.from(row.map(BigInt)), [1, row.length]);
const count = (length: number, from = 0): number[] => Array.from({ length }, (_, at) => from + at);

const nothing = (type: string, dims: readonly number[]): native.Tensor => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return new Tensor(
    type as "float32",
    (type === "float16" ? new Uint16Array(size) : new Float32Array(size)) as Float32Array,
    dims,
  );
};

const lastRow = ({ logits }: native.InferenceSession.ReturnType): readonly number[] => {
  const { data, dims } = logits as native.Tensor;
  return Array.from(data as Float32Array).slice(-dims[2]!);
};

const typeOfInput = ({ session }: Runner, name: string): string =>
  (session.inputMetadata.find((input) => input.name === name) as { readonly type: string }).type;

/** Runs steps as GenAI does: with an empty past, then with each present as the next past. */
const asGenai = (runner: Runner, { model: { decoder } }: Genai) => {
  const named = (pattern: string, layer: number): string => pattern.replace("%d", String(layer));
  const { num_hidden_layers: layers, num_key_value_heads: heads, head_size: size, inputs, outputs } = decoder;
  const pairs = count(layers).flatMap((layer) =>
    ["key", "value"].map(
      (part) => [named(inputs[`past_${part}_names`]!, layer), named(outputs[`present_${part}_names`]!, layer)] as const,
    ),
  );
  const type = typeOfInput(runner, pairs[0]![0]);
  let past: Record<string, native.Tensor> = Object.fromEntries(
    pairs.map(([name]) => [name, nothing(type, [1, heads, 0, size])]),
  );
  let before = 0;
  return async (ids: readonly number[]): Promise<readonly number[]> => {
    const total = before + ids.length;
    const results = await runner.session.run({
      [inputs["input_ids"]!]: int64(ids),
      [inputs["attention_mask"]!]: int64(count(total).map(() => 1)),
      ...(inputs["position_ids"] === undefined ? {} : { [inputs["position_ids"]]: int64(count(ids.length, before)) }),
      ...past,
    });
    before = total;
    past = Object.fromEntries(pairs.map(([input, output]) => [input, results[output] as native.Tensor]));
    return lastRow({ logits: results[outputs["logits"]!]! });
  };
};

type Port = { readonly name: string; readonly type: string; readonly dims: readonly number[] };
type State = {
  readonly input: string;
  readonly output: string;
  readonly type: string;
  readonly first: readonly number[];
};

/** The parts of config.pbtxt that Triton acts on. */
const readPbtxt = (
  text: string,
): { readonly inputs: readonly Port[]; readonly outputs: readonly Port[]; readonly states: readonly State[] } => {
  const numbers = (list: string): readonly number[] => list.split(",").map(Number);
  const ports = (field: string): readonly Port[] =>
    [
      ...new RegExp(`^${field} \\[\\n([\\s\\S]*?)\\n\\]`, "m")
        .exec(text)![1]!
        .matchAll(/\{ name: "(.+?)" data_type: TYPE_(\w+) dims: \[ (.+?) \] \}/g),
    ].map(([, name, type, dims]) => ({ name: name!, type: type!, dims: numbers(dims!) }));
  const states = text.matchAll(
    /input_name: "(.+?)" output_name: "(.+?)" data_type: TYPE_(\w+) dims: \[ (.+?) \]\s+initial_state: \{ name: ".+?" data_type: TYPE_(\w+) dims: \[ (.+?) \] zero_data: true \}/g,
  );
  return {
    inputs: ports("input"),
    outputs: ports("output"),
    states: [...states].map(([, input, output, type, , , first]) => ({
      input: input!,
      output: output!,
      type: type!,
      first: numbers(first!),
    })),
  };
};

/** Runs the requests of a sequence as Triton does: its state is zeros at first, then the outputs of the last request. */
const asTriton = (runner: Runner, text: string) => {
  const { inputs, states } = readPbtxt(text);
  let state = Object.fromEntries(
    states.map(({ input, type, first }) => [input, nothing(type === "FP16" ? "float16" : "float32", first)]),
  );
  let before = 0;
  return async (ids: readonly number[]): Promise<readonly number[]> => {
    const total = before + ids.length;
    const given: Readonly<Record<string, readonly number[]>> = {
      input_ids: ids,
      attention_mask: [0, ...count(total).map(() => 1)],
      position_ids: count(ids.length, before),
    };
    const results = await runner.session.run({
      ...Object.fromEntries(inputs.map(({ name }) => [name, int64(given[name]!)])),
      ...state,
    });
    before = total;
    state = Object.fromEntries(states.map(({ input, output }) => [input, results[output] as native.Tensor]));
    return lastRow(results);
  };
};

const names = [
  "genai-cpu-llama",
  "genai-cpu-phi",
  "genai-cpu-windowed-kv-mistral",
  "torch-ts-eager-llama",
  "torch-dynamo-op23-llama",
];

describe.each(names)("%s", (name) => {
  const config = { ...configOf(name), eos_token_id: [2, 3], bos_token_id: 1, pad_token_id: null };
  const made = extend(name, { extension, config, engines: ["onnxruntime-genai", "triton"] });
  const genai = JSON.parse(made.engineFiles["genai_config.json"]!) as Genai;
  const pbtxt = made.engineFiles["config.pbtxt"]!;

  it("has files that name all that the graph has, and nothing else", () => {
    const graph = decode(made.model).graph!;
    const inputs = graph.input.map((input) => input.name).toSorted();
    const outputs = graph.output.map((output) => output.name).toSorted();
    const triton = readPbtxt(pbtxt);
    expect([...triton.inputs.map((port) => port.name), ...triton.states.map(({ input }) => input)].toSorted()).toEqual(
      inputs,
    );
    expect(
      [...triton.outputs.map((port) => port.name), ...triton.states.map(({ output }) => output)].toSorted(),
    ).toEqual(outputs);
    expect(pbtxt).toContain("oldest { max_candidate_sequences: 64 }");
    const { decoder } = genai.model;
    const every = (port: Names): string[] =>
      Object.values(port)
        .flatMap((each) =>
          each.includes("%d") ? count(decoder.num_hidden_layers).map((at) => each.replace("%d", String(at))) : [each],
        )
        .toSorted();
    expect([every(decoder.inputs), every(decoder.outputs)]).toEqual([inputs, outputs]);
    expect(genai.model).toMatchObject({
      type: "decoder",
      eos_token_id: [2, 3],
      pad_token_id: 2,
      context_length: made.capacity,
    });
    expect(genai.search).toEqual({ max_length: made.capacity, past_present_share_buffer: false });
  });

  it("gives the same logits by them, in three steps", async () => {
    const runner = await open(name, made.model);
    try {
      const ids = count(24).map((at) => 3 + ((at * 7) % 90));
      const steps = [ids, ids.slice(0, 3), ids.slice(5, 6)];
      const [byGenai, byTriton] = [asGenai(runner, genai), asTriton(runner, pbtxt)];
      for (const step of steps) {
        const [expected] = await runner.step([step]);
        expect(largestDifference(await byGenai(step), expected!)).toBe(0);
        expect(largestDifference(await byTriton(step), expected!)).toBeLessThan(1e-4);
      }
    } finally {
      await runner.release();
    }
  });
});

describe("a folder", () => {
  const inFolder = async (act: (from: string, to: string) => Promise<void>, config: object = {}): Promise<void> => {
    const root = scratchFolder();
    const from = join(root, "from");
    mkdirSync(join(from, "onnx"), { recursive: true });
    for (const file of ["model.onnx", "model.onnx_data"])
      cpSync(join(exportPath("genai-cpu-llama"), file), join(from, "onnx", file));
    writeFileSync(
      join(from, "config.json"),
      JSON.stringify({ ...configOf("genai-cpu-llama"), eos_token_id: 2, ...config }),
    );
    await act(from, join(root, "to")).finally(() => rmSync(root, { recursive: true }));
  };
  const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8");

  it("has them at its top, and says what Triton needs besides", () =>
    inFolder(async (from, to) => {
      const { files, notices } = await extendFolder({ extension, engines: ["onnxruntime-genai", "triton"] }, from, to);
      expect(files).toEqual(expect.arrayContaining(["genai_config.json", "config.pbtxt"]));
      expect((JSON.parse(read(to, "genai_config.json")) as Genai).model.decoder.filename).toBe("onnx/model.onnx");
      expect(notices).toEqual([
        "config.pbtxt: Triton takes the model from the folder 1/ beside it, where model.onnx and its data must be put",
      ]);
    }));

  it("keeps a genai_config.json that it has, with the new limits", () =>
    inFolder(async (from, to) => {
      writeFileSync(join(from, "genai_config.json"), JSON.stringify({ model: { type: "llama" } }));
      await extendFolder({ extension, engines: ["onnxruntime-genai"] }, from, to);
      expect(JSON.parse(read(to, "genai_config.json"))).toMatchObject({
        model: { type: "llama", context_length: 112 },
      });
    }));

  it.each<readonly [string, object, object, string]>([
    [
      "no end",
      {},
      { eos_token_id: undefined },
      "extendFolder: config.json: eos_token_id must be given, for ONNX Runtime GenAI to end by, got nothing",
    ],
    [
      "tokens that are none",
      {},
      { eos_token_id: "</s>" },
      'config.json: eos_token_id must be a token or a list of tokens, got "</s>"',
    ],
    ["an engine that is none", { engines: ["vllm"] }, {}, 'engines must be of onnxruntime-genai, triton, got "vllm"'],
    [
      "generation's cache",
      { runtime: "ropewalk" },
      {},
      'engines must be absent for runtime "ropewalk", whose cache onnxruntime-genai cannot keep',
    ],
  ])("is refused and not written with %s", (_, options, config, words) =>
    inFolder(async (from, to) => {
      await expect(extendFolder({ extension, engines: ["onnxruntime-genai"], ...options }, from, to)).rejects.toThrow(
        words,
      );
      expect(existsSync(to)).toBe(false);
    }, config),
  );
});
