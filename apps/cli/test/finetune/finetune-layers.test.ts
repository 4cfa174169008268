/** `ropewalk finetune` of a Gemma 3: what comes of it attends by layer as before, but for the layers that see everything. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { randomCheckpoint } from "@ropewalk/testing/checkpoints/random-checkpoint";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { shapesOf } from "@ropewalk/testing/plain-decoders/plain-decoder";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { expect, it } from "vitest";
import { file, ropewalk, scratch } from "../run.ts";

const [vectors, stories] = [`${layeredCheckpoints}/gemma3`, "packages/tiny-models/stories260K"].map((path) =>
  resolve(path),
);
const config: Json = {
  ...(JSON.parse(readFileSync(`${vectors}/config.json`, "utf8")) as Json),
  vocab_size: 512,
  bos_token_id: 1,
  eos_token_id: 2,
  pad_token_id: null,
};
const text = file(
  "stories.txt",
  "Once upon a time, there was a little girl. She had a red ball and a big dog. ".repeat(16),
);
const [before, after] = ["before", "after"].map((name) => join(scratch, name));

const run = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { stdout, stderr, code } = await ropewalk(...args);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
};

it("keeps the windows and the rotations of layers that slide, and states the base of the others", async () => {
  mkdirSync(before!);
  for (const [name, bytes] of Object.entries(randomCheckpoint(config, shapesOf(config)).files))
    writeFileSync(join(before!, name), bytes);
  for (const name of ["tokenizer.json", "tokenizer_config.json"])
    copyFileSync(`${stories}/${name}`, join(before!, name));
  const { groups: own } = await run("inspect", before!, "--json", "--length", "64", "--method", "none");

  const tuning = ["--length", "96", "--batch-size", "2", "--samples", "4", "--steps", "2", "--threads", "1"];
  await run(
    ...["finetune", before!, "--data", text, "--output", after!, "--recipe", "entropy-abf"],
    ...[...tuning, "--learning-rate", "1e-3", "--json"],
  );
  const written = JSON.parse(readFileSync(join(after!, "config.json"), "utf8")) as Json;
  const { rope_parameters: ropes, max_position_embeddings: _, dtype: __, ...kept } = config;
  expect(written).toMatchObject(kept);
  expect(written).toMatchObject({
    max_position_embeddings: 96,
    rope_parameters: { ...(ropes as Json), full_attention: { rope_type: "default", rope_theta: 500_000 } },
    ropewalk: { extension: { entropy: { kind: "entropy-abf", trainedContext: 64 } } },
  });

  const inspected = await run("inspect", after!, "--json", "--length", "64");
  expect(inspected).toMatchObject({ method: "its own extension", trainedContext: 96 });
  const [sliding, everything] = own as readonly Json[];
  expect(inspected["groups"]).toEqual([
    sliding,
    { ...everything, ropeTheta: 500_000, ropeScaling: "default", entropy: "entropy-abf" },
  ]);
  const { newTokens } = await run("generate", after!, "Once upon a time", "--max-new-tokens", "4", "--json");
  expect(newTokens).toBeGreaterThan(0);
});
