/** Logits of every family, of exports and of both small models, against what independent implementations give for them. */
import { compose, logN, selfExtend, type ContextExtension } from "@ropewalk/decoder";
import { loadModel } from "@ropewalk/generation";
import { expectThat, type Check, type Place } from "./place.ts";

/** How far from the reference a row of logits may be, and the loss of a token. */
const allowed = {
  float32: { logit: () => 2e-3, loss: 2e-3 },
  // A logit is off by what its row's largest ones are rounded by.
  float16: { logit: (row: readonly number[]) => 1e-2 * Math.max(...row.map(Math.abs)), loss: 0.1 },
} as const;

type Method = {
  readonly groupSize: number | null;
  readonly window: number | null;
  readonly logNContext: number | null;
};

const extensionOf = ({ groupSize, window, logNContext }: Method): ContextExtension =>
  compose(
    groupSize === null || window === null ? {} : selfExtend({ groupSize, window }),
    logNContext === null ? {} : logN({ trainedContext: logNContext }),
  );

type Golden = {
  readonly extension: ContextExtension;
  readonly ids: readonly number[];
  /** Logits by position. */
  readonly rows: Readonly<Record<number, readonly number[]>>;
};

/** Runs a model once and compares the rows that are known. */
const compare = async (place: Place, path: string, goldens: readonly Golden[], chunkSize: number): Promise<void> => {
  const model = await loadModel(await place.model(path), { backend: place.backend });
  for (const { extension, ids, rows } of goldens) {
    const extended = await model.withExtension(extension);
    const { vocabSize } = extended.extended.decoder;
    const logits = await extended.logits(ids, { chunkSize });
    for (const [position, expected] of Object.entries(rows)) {
      const own = logits.subarray(Number(position) * vocabSize, (Number(position) + 1) * vocabSize);
      expectThat(own.length === expected.length, `logits must be ${expected.length} a token, got ${own.length}`);
      const tolerance = allowed[place.backend.precision].logit(expected);
      const off = own.findIndex((value, token) => !(Math.abs(value - expected[token]!) < tolerance));
      expectThat(
        off < 0,
        `${path}: logit ${off} of token ${position} must be ${expected[off]} within ${tolerance}, got ${own[off]}`,
      );
    }
  }
  await model.release();
};

type FamilyCase = Method & { readonly inputIds: readonly number[]; readonly logitsLast: readonly number[] };

const families = [
  ...["llama", "llama-dynamic", "llama-linear", "llama-yarn", "llama3"],
  ...["mistral", "phi", "phi3", "qwen2", "solar"],
] as const;

const folderOf = (family: string): string => `packages/models/test/vectors/tiny/${family}`;

/** The longest text, as the model is and under the extension that does most. */
const familyGoldens = async ({ json }: Place, family: string): Promise<readonly Golden[]> => {
  const { cases } = (await json(`${folderOf(family)}/golden-logits.json`)) as { readonly cases: readonly FamilyCase[] };
  const longest = cases.filter(({ inputIds }) => inputIds.length === 100);
  const chosen = longest.length > 1 ? [longest[0]!, longest.at(-1)!] : longest;
  return chosen.map((golden) => ({
    extension: extensionOf(golden),
    ids: golden.inputIds,
    rows: { 99: golden.logitsLast },
  }));
};

const familyCheck = (family: (typeof families)[number]): Check => ({
  name: `${family}, 100 tokens`,
  run: async (place) => compare(place, folderOf(family), await familyGoldens(place, family), 40),
});

/** What other tools made of these families, in every form that is recognised. */
const exports = [
  "genai-cpu-llama",
  "genai-cpu-unpacked-llama",
  "genai-cpu-windowed-kv-mistral",
  "genai092-webgpu-phi",
  "torch-dynamo-llama",
  "torch-dynamo-op23-llama",
  "torch-ts-eager-llama",
] as const;

const exportCheck = (name: (typeof exports)[number]): Check => ({
  name: `the export ${name}, 100 tokens`,
  run: async (place) => {
    const folder = `packages/onnx-exports/test/vectors/${name}`;
    const { family } = (await place.json(`${folder}/expected.json`)) as { readonly family: string };
    await compare(place, folder, await familyGoldens(place, family), 40);
  },
});

type PasskeyCase = {
  readonly method: Method;
  readonly length: number;
  readonly inputIds: readonly number[];
  readonly answerIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly logitsMid: readonly number[];
  readonly midIndex: number;
};

export const passkeyFolder = "packages/tiny-models/passkey-875k";

export const passkeyCases = async ({ json }: Place): Promise<readonly PasskeyCase[]> =>
  ((await json("packages/tiny-models/test/vectors/passkey-875k/golden-logits.json")) as { cases: PasskeyCase[] }).cases;

export const passkeyCheck = (name: string, wanted: (golden: PasskeyCase) => boolean): Check => ({
  name: `passkey875k, ${name}`,
  run: async (place) => {
    const golden = (await passkeyCases(place)).find(wanted)!;
    const rows = { [golden.midIndex]: golden.logitsMid, [golden.length - 1]: golden.logitsLast };
    const given = { extension: extensionOf(golden.method), ids: golden.inputIds, rows };
    await compare(place, passkeyFolder, [given], 64);
  },
});

type Stories = {
  readonly ids: readonly number[];
  readonly cases: Readonly<Record<string, { readonly nll: readonly number[] }>>;
};

/** Minus the log of the probability that a row of logits gives a token. */
const lossOf = (logits: Float32Array, token: number): number => {
  const max = logits.reduce((largest, value) => Math.max(largest, value), -Infinity);
  return max + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - max), 0)) - logits[token]!;
};

const storiesCheck = (name: string, length: number, key: string, extension: ContextExtension): Check => ({
  name: `stories260K, ${length} tokens, ${name}`,
  run: async (place) => {
    const golden = (await place.json("packages/tiny-models/test/vectors/stories260K/golden.json")) as Stories;
    const folder = await place.model("packages/tiny-models/stories260K");
    const model = await loadModel(folder, { backend: place.backend, extension });
    const { vocabSize } = model.extended.decoder;
    const tolerance = allowed[place.backend.precision].loss;
    const logits = await model.logits(golden.ids.slice(0, length), { chunkSize: 80 });
    golden.cases[key]!.nll.slice(0, length).forEach((expected, at) => {
      const loss = lossOf(logits.subarray(at * vocabSize, (at + 1) * vocabSize), golden.ids[at + 1]!);
      const right = Math.abs(loss - expected) < tolerance;
      expectThat(right, `the loss of token ${at + 1} must be ${expected} within ${tolerance}, got ${loss}`);
    });
    await model.release();
  },
});

export const modelChecks: readonly Check[] = [
  ...families.map(familyCheck),
  ...exports.map(exportCheck),
  passkeyCheck("241 tokens, plain", ({ method, length }) => length === 241 && method.groupSize === null),
  passkeyCheck("241 tokens, SelfExtend", ({ method, length }) => length === 241 && method.groupSize !== null),
  // Long enough for tokens to settle twice.
  storiesCheck("plain", 300, "vanilla", {}),
  storiesCheck("SelfExtend", 200, "se_W64_G4", selfExtend({ groupSize: 4, window: 64 })),
];
