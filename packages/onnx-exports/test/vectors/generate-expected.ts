/**
 * Computes the logits of each expected.json by ONNX Runtime alone: for a prompt with an empty past, then for two greedy steps with the
 * past fed back. None of the package's sources is used. It prints the largest difference of each folder to its expected.json. With
 * `--write` it writes the numbers anew, since another release of ONNX Runtime may round in another way.
 *
 *   node packages/onnx-exports/test/vectors/generate-expected.ts
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hideFloat16Array } from "@ropewalk/testing/exports/no-float16-array";
import { InferenceSession, Tensor } from "onnxruntime-node";

hideFloat16Array();

const vectors = new URL("./", import.meta.url);

type Step = { readonly inputId: number; readonly pastLength: number; logitsLast: readonly number[] };

type Case = {
  readonly inputIds: readonly number[];
  logitsLast: readonly number[];
  argmaxAll: readonly number[];
  readonly decode: readonly Step[];
};

type Expected = {
  readonly runsOnCpu: boolean;
  /** Those of one case, for short. */
  inputIds?: readonly number[];
  logitsLast?: readonly number[];
  readonly cases?: readonly Case[];
};

type Config = {
  readonly head_dim?: number;
  readonly hidden_size: number;
  readonly num_attention_heads: number;
};

const floatOfHalf = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
  const magnitude = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return sign === 1 ? -magnitude : magnitude;
};

/** The numbers of a tensor. The data of float16 is a Uint16Array. */
const numbersOf = ({ data }: Tensor): readonly number[] =>
  data instanceof Uint16Array ? Array.from(data, floatOfHalf) : Array.from(data as Float32Array);

const int64 = (values: readonly number[]): Tensor =>
  new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);

type Past = Readonly<Record<string, Tensor>>;

const emptyPast = ({ inputMetadata }: InferenceSession, config: Config): Past => {
  const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  return Object.fromEntries(
    inputMetadata.flatMap((input) => {
      if (!input.isTensor || !input.name.startsWith("past")) return [];
      const data = input.type === "float16" ? new Uint16Array(0) : new Float32Array(0);
      return [
        [
          input.name,
          new Tensor(input.type as "float32", data as Float32Array, [1, Number(input.shape[1]), 0, headDim]),
        ],
      ];
    }),
  );
};

/** The name of the input that an output feeds: `present.0.key` feeds `past_key_values.0.key`. */
const pastOf = (results: InferenceSession.ReturnType): Past =>
  Object.fromEntries(
    Object.entries(results)
      .filter(([name]) => name.startsWith("present"))
      .map(([name, tensor]) => [name.replace("present", "past_key_values"), tensor]),
  );

type Run = { readonly rows: readonly (readonly number[])[]; readonly past: Past };

/** The logits of each token that follows `length` earlier ones. */
const run = async (session: InferenceSession, ids: readonly number[], length: number, past: Past): Promise<Run> => {
  const positions = ids.map((_, at) => length + at);
  const results = await session.run({
    input_ids: int64(ids),
    attention_mask: int64(Array.from({ length: length + ids.length }, () => 1)),
    ...(session.inputNames.includes("position_ids") ? { position_ids: int64(positions) } : {}),
    ...past,
  });
  const { dims } = results["logits"]!;
  const [numbers, vocabSize] = [numbersOf(results["logits"]!), dims.at(-1)!];
  const rows = ids.map((_, at) => numbers.slice(at * vocabSize, (at + 1) * vocabSize));
  return { rows, past: pastOf(results) };
};

const largestDifference = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((element, at) => Math.abs(element - b[at]!)));

const rounded = (logits: readonly number[]): readonly number[] => logits.map((logit) => Number(logit.toFixed(6)));

const indexOfLargest = (row: readonly number[]): number => row.indexOf(Math.max(...row));

/** Puts the computed numbers into a case, and gives the largest difference to the former ones. */
const recompute = async (session: InferenceSession, config: Config, expected: Case): Promise<number> => {
  const prompt = await run(session, expected.inputIds, 0, emptyPast(session, config));
  const logits = rounded(prompt.rows.at(-1)!);
  const differences = [largestDifference(logits, expected.logitsLast)];
  expected.logitsLast = logits;
  expected.argmaxAll = prompt.rows.map(indexOfLargest);
  let past = prompt.past;
  for (const step of expected.decode) {
    const next = await run(session, [step.inputId], step.pastLength, past);
    past = next.past;
    const stepLogits = rounded(next.rows[0]!);
    differences.push(largestDifference(stepLogits, step.logitsLast));
    step.logitsLast = stepLogits;
  }
  return Math.max(...differences);
};

for (const name of readdirSync(vectors).filter((entry) => !entry.includes("."))) {
  const folder = new URL(`${name}/`, vectors);
  const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as T;
  const expected = read<Expected>("expected.json");
  if (!expected.runsOnCpu) {
    console.log(`${name}: ONNX Runtime's CPU provider does not run it`);
    continue;
  }
  const session = await InferenceSession.create(fileURLToPath(new URL("model.onnx", folder)), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const differences: number[] = [];
  for (const each of expected.cases!) differences.push(await recompute(session, read<Config>("config.json"), each));
  console.log(`${name}: ${expected.cases!.length} cases, logits ${Math.max(...differences).toExponential(1)}`);
  const first = expected.cases!.find(({ inputIds }) => String(inputIds) === String(expected.inputIds));
  if (first !== undefined) expected.logitsLast = first.logitsLast;
  if (process.argv.includes("--write"))
    writeFileSync(new URL("expected.json", folder), `${JSON.stringify(expected, null, 1)}\n`);
  await session.release();
}
