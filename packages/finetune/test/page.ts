/** What is asked of a page: steps of the loop, and the operators of its graphs one by one. */
import type { Backend } from "@ropewalk/backend";
import { wasm } from "@ropewalk/backend-wasm";
import { webgpu } from "@ropewalk/backend-webgpu";
import { inMemory } from "@ropewalk/models";
import { watchMemory, type PeakMemory } from "./checks/memory.ts";
import { compareOperators, type GraphName, type OperatorDifferences } from "./checks/operators.ts";
import type { OpenModelFolder } from "./checks/place.ts";
import { abortSteps, takeSteps, type Aborted, type RunName, type Steps } from "./checks/steps.ts";

const backends = {
  wasm,
  webgpu,
  // Products round activations to 8 bits, as WebGPU's do.
  "wasm over blocks": () => wasm({ quantizedWeights: "kept" }),
} satisfies Readonly<Record<string, () => Backend>>;
export type BackendName = keyof typeof backends;

/** Files by folder: a page cannot look into one. */
type Files = Readonly<Record<string, readonly string[]>>;

const memory = watchMemory();

const opener =
  (files: Files): OpenModelFolder =>
  async (path) => {
    const fetched = files[path]!.map(async (file) => {
      const response = await fetch(`/models/root/${path}/${file}`);
      return [file, new Uint8Array(await response.arrayBuffer())] as const;
    });
    return inMemory(path, Object.fromEntries(await Promise.all(fetched)));
  };

let open: OpenModelFolder | undefined;

export type Page = {
  /** Makes ready. */
  readonly start: (files: Files) => void;
  readonly steps: (backend: BackendName, name: RunName) => Promise<Steps>;
  readonly abort: (backend: BackendName) => Promise<Aborted>;
  /** On WebGPU, beside WASM. */
  readonly operators: (name: GraphName) => Promise<OperatorDifferences>;
  readonly peakMemory: () => PeakMemory;
};

Object.assign(globalThis, {
  start: (files) => void (open = opener(files)),
  steps: (backend, name) => takeSteps(backends[backend](), open!, name),
  abort: (backend) => abortSteps(backends[backend](), open!),
  operators: (name) => compareOperators(webgpu(), wasm(), open!, name),
  peakMemory: () => memory(),
} satisfies Page);
