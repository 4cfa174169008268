/** Losses, gradients and six steps of AdamW, against PyTorch in float64, on every backend here. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { inRepository } from "@ropewalk/testing/repository";
import { compareTraining } from "@ropewalk/testing/training/compare-training";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import { expectPyTorchs } from "./checks/vectors.ts";

const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];
const folder = fileURLToPath(new URL("vectors/training/", import.meta.url));
const checkpoint = inRepository(`${tinyCheckpoints}/llama/`);

it.each(backends)("plain, Entropy-ABF and SelfExtend with log-n on $name", async (backend) => {
  expectPyTorchs(await compareTraining(backend, folder, checkpoint));
});
