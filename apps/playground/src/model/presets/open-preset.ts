/** Opens a preset: a random checkpoint made in memory, with the tokenizer of stories260K and a chat template. */
import { check } from "@ropewalk/check";
import { inMemory, openUrl, safetensorsOf, type CheckpointFolder, type DenseTensor } from "@ropewalk/models";
import { stories260K } from "@ropewalk/tiny-models";
import { presets, upscaledFrom, type Preset } from "./configs.ts";

const template =
  "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}" +
  "{% if add_generation_prompt %}assistant: {% endif %}";

/** Random numbers from 0 to 1 by xorshift. The same seed gives the same numbers. */
const uniform = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 1) / 2 ** 32;
  };
};

const seedOf = (name: string): number => [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7);

/** A tensor: ones for norms, zeros for biases, and for matrices normal numbers of a size that keeps the states' size. */
const tensorOf = (name: string, dims: readonly number[]): DenseTensor => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length === 1) return { dims, data: new Float32Array(size).fill(name.endsWith("bias") ? 0 : 1) };
  const random = uniform(seedOf(name));
  const deviation = 1.5 / Math.sqrt(dims.at(-1)!);
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  return { dims, data: Float32Array.from({ length: size }, () => deviation * normal()) };
};

/** The name that a tensor's seed is made from: both copies of a layer share it, and so have the same weights. */
const seedName = (name: string, upscaled: Preset["upscaled"]): string =>
  upscaled === undefined
    ? name
    : name.replace(/\.layers\.(\d+)\./, (_, layer) => `.layers.${upscaledFrom(upscaled)[Number(layer)]}.`);

const joined = (parts: Iterable<Uint8Array>): Uint8Array => {
  const all = [...parts];
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

export const openPreset = async (name: string): Promise<CheckpointFolder> => {
  const preset = presets.find((each) => each.name === name);
  check(preset !== undefined, `openPreset: name must be one of ${presets.map((each) => each.name).join(", ")}`, name);
  const { family, config, upscaled } = preset!;
  const tensors = Object.entries(family.read(config).tensors).map(
    ([tensor, dims]) => [tensor, tensorOf(seedName(tensor, upscaled), dims)] as const,
  );
  const stories = await openUrl(stories260K);
  const read = async (file: string): Promise<Uint8Array> => {
    const { source } = (await stories.file(file))!;
    return source.read(0, source.size);
  };
  const text = new TextEncoder();
  return inMemory(name, {
    "config.json": text.encode(JSON.stringify(config)),
    "model.safetensors": joined(safetensorsOf(Object.fromEntries(tensors))),
    "tokenizer.json": await read("tokenizer.json"),
    "tokenizer_config.json": await read("tokenizer_config.json"),
    "chat_template.jinja": text.encode(template),
  });
};
