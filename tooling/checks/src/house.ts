/**
 * The house: its floors, every room, and whom each room may import. `layering.ts` enforces the table, and docs/design.md shows it.
 *
 * A room imports rooms of lower floors, those that its row names. Every room may import `check`. A primitive's main entry imports
 * no other room; only the files behind its `./onnx` entry may import `graph`.
 */

/** What lives on each floor, the lowest first: a floor's number is its index. */
export const floors = [
  "ground: arguments checked at the public edge; two small trained models as files",
  "values: ONNX as a value; numbers to SVG; GGUF files; what a place that runs graphs offers, with its conformance suite",
  "mathematics: one idea a file, its formula at the top",
  "the extension: the value, its constructors, its record as JSON, and putting it on a model's numbers",
  "places that run graphs; ONNX Runtime is imported here and nowhere else",
  "decoders: a decoder-only transformer put together from the primitives, with an extension put on it",
  "checkpoints: one folder a family",
  "exports: graphs that other tools made, rewritten",
  "running: tokens in, tokens out, for checkpoints and exports alike: key-value cache, chunked prefill, decoding, sampling, streaming",
  "using: whether the longer window works; tuning for it; models inside Hugging Face transformers.js, Vercel's AI SDK and OpenAI's wire format",
  "apps: what people start, a command and a page; nothing imports an app",
] as const;

export type Room = {
  /** Index in `floors`. */
  readonly floor: number;
  /** Folder, from the repository's root. */
  readonly folder: string;
  /** Other rooms, of lower floors. */
  readonly rooms: readonly string[];
  /** Rooms of lower floors that only the files behind `./onnx` may import. */
  readonly roomsOfOnnx?: readonly string[];
  /** Packages from outside; Node's own modules are `node:`. */
  readonly packages: readonly string[];
  /** What tests import beyond every room of a lower floor, the packages of the room and those that all tests may have. */
  readonly tests?: TestImports;
};

export type TestImports = {
  /** Rooms of the same floor or a higher one. */
  readonly rooms?: readonly string[];
  readonly packages?: readonly string[];
  readonly why: string;
};

const named = (rooms: readonly string[]): readonly string[] => rooms.map((name) => `@ropewalk/${name}`);

const room = (
  floor: number,
  folder: string,
  rooms: readonly string[],
  packages: readonly string[],
  tests?: TestImports,
): Room => ({
  floor,
  folder,
  rooms: named(["check", ...rooms]),
  packages,
  ...(tests === undefined ? {} : { tests: { ...tests, rooms: named(tests.rooms ?? []) } }),
});

const mathematics = ["rope", "position-mapping", "attention-merge", "entropy-scaling"];
const places = ["backend-node", "backend-wasm", "backend-webgpu"];
const belowDecoder = ["graph", ...mathematics, "context-extension"];
const belowExports = [...belowDecoder, "decoder", "models"];
const belowGeneration = [...belowExports, "backend", "onnx-exports"];
const belowUses = [...belowGeneration, "generation"];
const belowApps = [
  ...belowUses,
  ...places,
  "tiny-models",
  "charts",
  "gguf",
  "evals",
  "finetune",
  "transformers-js",
  "ai-sdk",
  "server",
];

const runsModels = { rooms: ["models", "generation"], why: "a place is held to what whole models say on it" };

export const house: Readonly<Record<string, Room>> = {
  "@ropewalk/check": { floor: 0, folder: "packages/check", rooms: [], packages: [] },
  "@ropewalk/tiny-models": { floor: 0, folder: "packages/tiny-models", rooms: [], packages: [] },
  "@ropewalk/graph": room(1, "packages/graph", [], ["@bufbuild/protobuf"], {
    rooms: ["backend", "backend-node"],
    packages: ["onnxruntime-node"],
    why: "the evaluator and the gradients are compared with ONNX Runtime",
  }),
  "@ropewalk/charts": room(1, "packages/charts", [], []),
  "@ropewalk/gguf": room(1, "packages/gguf", [], []),
  "@ropewalk/backend": room(1, "packages/backend", [], [], {
    rooms: ["backend-node"],
    why: "the conformance suite is run on one place",
  }),
  "@ropewalk/rope": {
    ...room(2, "packages/rope", [], [], {
      packages: ["onnxruntime-node"],
      why: "rotations are compared with those of ONNX Runtime's own operator",
    }),
    roomsOfOnnx: named(["graph"]),
  },
  "@ropewalk/position-mapping": room(2, "packages/position-mapping", [], []),
  "@ropewalk/attention-merge": {
    ...room(2, "packages/attention-merge", [], [], {
      rooms: ["backend-node", "backend-wasm", "position-mapping", "rope"],
      why: "graphs are run and compared with loops; whole attention needs rotations and positions",
    }),
    roomsOfOnnx: named(["graph"]),
  },
  "@ropewalk/entropy-scaling": room(2, "packages/entropy-scaling", [], []),
  "@ropewalk/context-extension": room(
    3,
    "packages/context-extension",
    ["rope", "position-mapping", "entropy-scaling"],
    [],
  ),
  "@ropewalk/backend-node": room(4, "packages/backend-node", ["backend"], ["onnxruntime-node", "node:"], {
    ...runsModels,
    rooms: [...runsModels.rooms, "backend-webgpu"],
  }),
  "@ropewalk/backend-wasm": room(4, "packages/backend-wasm", ["backend"], ["onnxruntime-web", "node:"], runsModels),
  "@ropewalk/backend-webgpu": room(
    4,
    "packages/backend-webgpu",
    ["graph", "backend", "attention-merge"],
    ["onnxruntime-node", "onnxruntime-web", "node:"],
    { ...runsModels, rooms: [...runsModels.rooms, "backend-node", "decoder", "evals"] },
  ),
  "@ropewalk/decoder": room(5, "packages/decoder", belowDecoder, []),
  "@ropewalk/models": room(6, "packages/models", [...belowDecoder, "decoder", "gguf"], ["node:"]),
  "@ropewalk/onnx-exports": room(7, "packages/onnx-exports", belowExports, ["node:"], {
    rooms: ["generation"],
    packages: ["onnxruntime-node"],
    why: "an export that is rewritten is run as its users run it",
  }),
  "@ropewalk/generation": room(8, "packages/generation", belowGeneration, [
    "@huggingface/jinja",
    "@huggingface/tokenizers",
    "comlink",
    "pure-rand",
  ]),
  "@ropewalk/evals": room(9, "packages/evals", belowUses, ["@scure/bip39", "jieba-wasm", "js-rouge", "pure-rand"]),
  "@ropewalk/finetune": room(9, "packages/finetune", belowUses, ["pure-rand", "node:"], {
    packages: ["@jax-js/jax"],
    why: "gradients are compared with those of another implementation",
  }),
  "@ropewalk/transformers-js": room(9, "packages/transformers-js", belowUses, ["@huggingface/transformers", "node:"]),
  "@ropewalk/ai-sdk": room(9, "packages/ai-sdk", ["generation"], ["@ai-sdk/provider"], {
    packages: ["ai"],
    why: "the SDK itself calls the models",
  }),
  "@ropewalk/server": room(9, "packages/server", ["generation"], ["prom-client", "valibot", "node:"], {
    packages: ["@ai-sdk/openai-compatible", "@langchain/core", "@langchain/openai", "ai", "openai"],
    why: "clients that people use speak with the server",
  }),
  ropewalk: room(
    10,
    "apps/cli",
    belowApps,
    ["bullmq", "cli-progress", "cli-table3", "commander", "ioredis", "picocolors", "node:"],
    { packages: ["@huggingface/transformers"], why: "what the command writes is loaded by transformers.js" },
  ),
  "@ropewalk/playground": room(10, "apps/playground", belowApps, [], {
    packages: ["vite"],
    why: "the page is built as it is served",
  }),
};

/** What every test may import, from the helpers that tests share to what runs them. */
export const importsOfAllTests: readonly string[] = [
  "@ropewalk/testing",
  "fast-check",
  "node:",
  "playwright-core",
  "vitest",
];

/** The folders of tooling, and the packages from outside that each may import. They may import every room that is not an app. */
export const tooling: Readonly<Record<string, readonly string[]>> = {
  "tooling/benchmarks": ["@huggingface/transformers", "cli-table3", "node-llama-cpp", "playwright-core"],
  "tooling/checks": [],
  "tooling/faults": ["esbuild"],
  "tooling/fuzz": ["fast-check"],
  "tooling/installed": ["esbuild", "playwright-core"],
  "tooling/packaging": ["esbuild", "publint"],
  "tooling/passkey": ["pure-rand"],
  "tooling/soak": [],
  "tooling/studies": [],
  "tooling/testing": [
    "@huggingface/transformers",
    "@jax-js/jax",
    "esbuild",
    "onnxruntime-node",
    "onnxruntime-web",
    "playwright-core",
    "webgpu",
  ],
  "tooling/tsconfig": [],
  "tooling/vectors": [],
};

/** Code that is no package: the documentation's, and the examples. It may import every room that is not an app, and these packages. */
export const outsidePackages: Readonly<Record<string, readonly string[]>> = {
  docs: ["@ropewalk/testing", "node:", "playwright-core", "typedoc", "typedoc-plugin-markdown", "vitepress", "vue"],
  examples: ["@huggingface/transformers", "@langchain/core", "node:", "onnxruntime-node"],
};

/** Folders whose files may import another package's files by a path, and not by its entry. Nothing may so import a `test/` folder. */
export const insideOthers: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  { from: "packages/finetune/test", to: "packages/graph/src/record", why: "one operator at a time is recorded anew" },
  { from: "tooling/vectors", to: "packages/backend/src/conformance", why: "writes what these files read" },
  { from: "tooling/vectors", to: "packages/backend-webgpu/src/node", why: "writes what these files read" },
  { from: "tooling/installed", to: "tooling/checks/src", why: "runs the READMEs' snippets on the packed packages" },
  { from: "tooling/installed", to: "tooling/packaging/src", why: "installs what is published" },
  { from: "tooling/packaging", to: "tooling/checks/src", why: "reads READMEs as the checks do" },
  {
    from: "tooling/checks/test",
    to: "tooling/vectors/src",
    why: "the conformance suite's graphs are written anew and compared",
  },
  { from: "tooling/passkey", to: "apps/cli/src", why: "starts the command" },
  { from: "docs", to: "tooling/checks/src", why: "finds links as the check does" },
  { from: "tooling/checks/test", to: "docs/.vitepress", why: "the documentation's links and pages are checked" },
];

/** Places whose strings may name what lies within other packages' tests. */
export const namesTests = [
  { from: "tooling/testing/src/vectors.ts", why: "gives the folders of golden files and fixtures their names" },
  { from: "tooling/checks", why: "speaks of places in the house" },
  { from: "tooling/packaging", why: "makes repositories of its own, with rooms and tests" },
] as const;
