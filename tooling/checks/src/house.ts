/**
 * The house: every room, its floor, and whom it may import. The layering check enforces this table and docs/design.md shows
 * it.
 *
 * Every room may import `check`. A primitive's main entry imports no other; only the files behind its `./onnx` entry may import
 * `graph`.
 */

export type Room = {
  readonly floor: "ground" | "1" | "2" | "3" | "4" | "5" | "6" | "apps";
  /** Folder, from the repository's root. */
  readonly folder: string;
  /** Other rooms. */
  readonly rooms: readonly string[];
  /** Rooms that only the files behind `./onnx` may import. */
  readonly roomsOfOnnx?: readonly string[];
  /** Packages from outside; Node's own modules are `node:`. */
  readonly packages: readonly string[];
};

const primitive = (name: string, onnx: boolean): Room => ({
  floor: "1",
  folder: `packages/${name}`,
  rooms: ["@ropewalk/check"],
  ...(onnx ? { roomsOfOnnx: ["@ropewalk/graph"] } : {}),
  packages: [],
});

const room = (floor: Room["floor"], folder: string, rooms: readonly string[], packages: readonly string[]): Room => ({
  floor,
  folder,
  rooms: ["check", ...rooms].map((name) => `@ropewalk/${name}`),
  packages,
});

const ground = ["graph"];
const mathematics = ["rope", "position-mapping", "attention-merge", "entropy-scaling"];
const saying = ["context-extension"];
const building = ["decoder", "models", "onnx-exports"];
const everything = [
  ...ground,
  "charts",
  "tiny-models",
  ...mathematics,
  ...saying,
  "backend",
  "backend-node",
  "backend-wasm",
  "backend-webgpu",
  ...building,
  "generation",
  "evals",
  "finetune",
  "transformers-js",
  "server",
];

export const house: Readonly<Record<string, Room>> = {
  "@ropewalk/check": { floor: "ground", folder: "packages/check", rooms: [], packages: [] },
  "@ropewalk/charts": room("ground", "packages/charts", [], []),
  "@ropewalk/graph": room("ground", "packages/graph", [], ["@bufbuild/protobuf"]),
  "@ropewalk/tiny-models": { floor: "ground", folder: "packages/tiny-models", rooms: [], packages: [] },
  "@ropewalk/rope": primitive("rope", true),
  "@ropewalk/position-mapping": primitive("position-mapping", false),
  "@ropewalk/attention-merge": primitive("attention-merge", true),
  "@ropewalk/entropy-scaling": primitive("entropy-scaling", false),
  "@ropewalk/context-extension": room(
    "2",
    "packages/context-extension",
    ["rope", "position-mapping", "entropy-scaling"],
    [],
  ),
  "@ropewalk/backend": room("3", "packages/backend", [], []),
  "@ropewalk/backend-node": room("3", "packages/backend-node", ["backend"], ["onnxruntime-node", "node:"]),
  "@ropewalk/backend-wasm": room("3", "packages/backend-wasm", ["backend"], ["onnxruntime-web", "node:"]),
  "@ropewalk/backend-webgpu": room(
    "3",
    "packages/backend-webgpu",
    ["backend"],
    ["onnxruntime-node", "onnxruntime-web", "node:"],
  ),
  "@ropewalk/decoder": room("4", "packages/decoder", [...ground, ...mathematics, ...saying], ["ts-pattern"]),
  "@ropewalk/models": room(
    "4",
    "packages/models",
    [...ground, ...mathematics, ...saying, "decoder"],
    ["ts-pattern", "node:"],
  ),
  "@ropewalk/onnx-exports": room(
    "4",
    "packages/onnx-exports",
    [...ground, ...mathematics, ...saying, "decoder", "models"],
    ["ts-pattern", "node:"],
  ),
  "@ropewalk/generation": room(
    "5",
    "packages/generation",
    [...ground, ...mathematics, ...saying, "backend", ...building],
    ["@huggingface/jinja", "@huggingface/tokenizers", "comlink", "pure-rand", "ts-pattern"],
  ),
  "@ropewalk/evals": room(
    "6",
    "packages/evals",
    [...ground, ...mathematics, ...saying, "backend", ...building, "generation"],
    ["@scure/bip39", "jieba-wasm", "js-rouge", "pure-rand", "ts-pattern"],
  ),
  "@ropewalk/finetune": room(
    "6",
    "packages/finetune",
    [...ground, ...mathematics, ...saying, "backend", ...building, "generation"],
    ["pure-rand", "node:"],
  ),
  "@ropewalk/transformers-js": room(
    "6",
    "packages/transformers-js",
    [...ground, ...mathematics, ...saying, "backend", ...building, "generation"],
    ["@huggingface/transformers", "node:"],
  ),
  "@ropewalk/ai-sdk": room("6", "packages/ai-sdk", ["generation"], ["@ai-sdk/provider"]),
  "@ropewalk/server": room("6", "packages/server", ["generation"], ["prom-client", "valibot", "node:"]),
  ropewalk: room("apps", "apps/cli", everything, [
    "bullmq",
    "cli-progress",
    "cli-table3",
    "commander",
    "ioredis",
    "picocolors",
    "node:",
  ]),
  "@ropewalk/playground": room("apps", "apps/playground", everything, []),
};
