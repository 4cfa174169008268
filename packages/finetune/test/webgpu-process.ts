/** Steps of the loop and its operators on Node's WebGPU: told what, it answers with it, or with an error's text. */
import { cpu } from "@ropewalk/backend-node";
import { webgpu } from "@ropewalk/backend-webgpu";
import { openFolder } from "@ropewalk/models/node";
import { inRepository } from "@ropewalk/testing/repository";
import { compareTraining } from "@ropewalk/testing/training/compare-training";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { keepKernels } from "@ropewalk/testing/webgpu/keep-kernels";
import { fileURLToPath } from "node:url";
import { compareOperators, type GraphName } from "./checks/operators.ts";
import type { OpenModelFolder } from "./checks/place.ts";
import { takeSteps, type RunName } from "./checks/steps.ts";

export type Asked =
  | { readonly kind: "steps"; readonly name: RunName }
  | { readonly kind: "operators"; readonly name: GraphName }
  /** Differences from PyTorch's. */
  | { readonly kind: "vectors" };

const backend = webgpu();
const open: OpenModelFolder = (path) => openFolder(inRepository(path));

let kept: Promise<void> | undefined;

const answer = async (asked: Asked): Promise<unknown> => {
  await (kept ??= keepKernels(backend));
  switch (asked.kind) {
    case "steps":
      return takeSteps(backend, open, asked.name);
    case "operators":
      return compareOperators(backend, cpu({ threads: 1 }), open, asked.name);
    case "vectors":
      return compareTraining(
        backend,
        fileURLToPath(new URL("vectors/training/", import.meta.url)),
        inRepository(`${tinyCheckpoints}/llama/`),
      );
  }
};

process.on("message", (asked: Asked) => {
  void answer(asked).then(
    (done) => process.send!(done),
    (error: Error) => process.send!(error.message),
  );
});
