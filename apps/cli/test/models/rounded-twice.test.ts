/** What `convert --quantize` says of a GGUF file whose weights are rounded already. */
import { readFileSync } from "node:fs";
import { inMemory, loadGguf } from "@ropewalk/models";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { expect, it } from "vitest";
import { typesRoundedTwice } from "../../src/describe/rounded-twice.ts";

const opened = async (file: string) => {
  const bytes = new Uint8Array(readFileSync(inRepository(`${ggufVectors}/${file}`)));
  return loadGguf("m.gguf", inMemory("m", { "m.gguf": bytes }));
};

it.each([
  ["stories260K-f32.gguf", "q4", false],
  ["stories260K-q8_0.gguf", "q8", false],
  ["stories260K-q8_0.gguf", "q4", true],
  ["stories260K-q8_0.gguf", undefined, false],
  ["llama-k.gguf", "q8", true],
] as const)("of %s to %s", async (file, precision, isSaid) => {
  const checkpoint = await opened(file);
  const types = typesRoundedTwice(checkpoint, precision);
  expect(types.length > 0).toBe(isSaid);
  const stored = [...checkpoint.tensors.values()].map(({ type }) => type);
  for (const type of types) expect(stored).toContain(type);
  const { decoder, tensors } = checkpoint;
  expect(typesRoundedTwice({ decoder, tensors }, precision)).toEqual([]);
});
