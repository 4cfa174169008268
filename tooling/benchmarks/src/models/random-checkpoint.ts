/**
 * `npm run random-checkpoint -- --shape tinyllama-1.1b --output <folder>`: writes a checkpoint of a known shape with random
 * weights, in shards, for measuring memory and speed without a download. The weights are the same every time. `--layers` changes its depth.
 */
import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { llama } from "@ropewalk/models";

type Shape = Readonly<Record<string, number>>;

/** By the keys of config.json. */
const shapes: Readonly<Record<string, Shape>> = {
  "tinyllama-1.1b": {
    vocab_size: 32_000,
    hidden_size: 2048,
    intermediate_size: 5632,
    num_hidden_layers: 22,
    num_attention_heads: 32,
    num_key_value_heads: 4,
    max_position_embeddings: 2048,
  },
  "llama-134m": {
    vocab_size: 32_000,
    hidden_size: 768,
    intermediate_size: 2048,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    num_key_value_heads: 12,
    max_position_embeddings: 2048,
  },
  /** It has the vocabulary of stories260K, and so takes its tokenizer. */
  "llama-26m": {
    vocab_size: 512,
    hidden_size: 512,
    intermediate_size: 1408,
    num_hidden_layers: 8,
    num_attention_heads: 8,
    num_key_value_heads: 8,
    max_position_embeddings: 2048,
  },
};

const types = {
  F32: { width: 4, dtype: "float32" },
  BF16: { width: 2, dtype: "bfloat16" },
} as const;

type Type = keyof typeof types;

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "tinyllama-1.1b" },
    type: { type: "string", default: "BF16" },
    shards: { type: "string", default: "3" },
    layers: { type: "string" },
    output: { type: "string" },
  },
});
const asked = shapes[values.shape];
if (asked === undefined)
  throw new RangeError(`--shape must be one of ${Object.keys(shapes).join(", ")}, got ${values.shape}`);
if (!Object.hasOwn(types, values.type))
  throw new RangeError(`--type must be one of ${Object.keys(types).join(", ")}, got ${values.type}`);
const shape: Shape = { ...asked, ...(values.layers && { num_hidden_layers: Number(values.layers) }) };
const numShards = Number(values.shards);
if (!Number.isInteger(numShards) || numShards < 1)
  throw new RangeError(`--shards must be a positive integer, got ${values.shards}`);
if (values.output === undefined) throw new RangeError("--output must be a folder, got nothing");
const folder = values.output;
const type = values.type as Type;
const { width, dtype } = types[type];

let state = 7;
const next = (): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};

/** 65,536 numbers of a normal distribution with deviation 0.02, by Box and Muller, as their float32 bits. */
const normal = new Uint32Array(
  Float32Array.from({ length: 65_536 }, () => {
    const [u, v] = [(next() + 1) / 2 ** 32, next() / 2 ** 32];
    return 0.02 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }).buffer,
);
const one = new Uint32Array(Float32Array.of(1).buffer)[0]!;

/** `count` elements as they are stored: ones for a vector, which is a norm's, and random numbers for a matrix. */
const elements = (count: number, isNorm: boolean): Uint8Array => {
  const bits = (): number => (isNorm ? one : normal[next() & 65_535]!);
  const data = type === "F32" ? new Uint32Array(count) : new Uint16Array(count);
  const shift = type === "F32" ? 0 : 16;
  for (let at = 0; at < count; at++) data[at] = bits() >>> shift;
  return new Uint8Array(data.buffer);
};

const config = {
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  hidden_act: "silu",
  dtype,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  tie_word_embeddings: false,
  bos_token_id: 1,
  eos_token_id: 2,
  ...shape,
};
const tensors = Object.entries(llama.read(config).tensors).map(([name, dims]) => ({
  name,
  dims,
  count: dims.reduce((size, dim) => size * dim, 1),
}));
const total = tensors.reduce((sum, { count }) => sum + count, 0);

/** The tensors in their order, split into shards of about the same size. */
const shards: (typeof tensors)[] = Array.from({ length: numShards }, () => []);
let before = 0;
for (const tensor of tensors) {
  shards[Math.min(numShards - 1, Math.floor((before * numShards) / total))]!.push(tensor);
  before += tensor.count;
}

mkdirSync(folder, { recursive: true });
const weightMap: Record<string, string> = {};
for (const [index, shard] of shards.entries()) {
  const label = (place: number): string => String(place).padStart(5, "0");
  const file = `model-${label(index + 1)}-of-${label(numShards)}.safetensors`;
  let offset = 0;
  const header = Object.fromEntries(
    shard.map(({ name, dims, count }) => {
      weightMap[name] = file;
      const from = offset;
      offset += count * width;
      return [name, { dtype: type, shape: dims, data_offsets: [from, offset] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  const stream = createWriteStream(join(folder, file));
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!stream.write(bytes)) await once(stream, "drain");
  };
  await write(Buffer.concat([prefix, text]));
  for (const { count, dims } of shard) await write(elements(count, dims.length === 1));
  stream.end();
  await once(stream, "finish");
}
const writeJson = (name: string, value: unknown): void =>
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
writeJson("model.safetensors.index.json", { metadata: { total_size: total * width }, weight_map: weightMap });
writeJson("config.json", config);
console.log(`${total} parameters in ${numShards} shards in ${folder}`);
