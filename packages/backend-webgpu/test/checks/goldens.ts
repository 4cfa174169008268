/** Logits of a model against rows that an independent implementation gives. */
import type { ContextExtension } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { expectThat, type Place } from "./place.ts";

/** How far from the reference a row of logits may be, and the loss of a token. */
const allowed = {
  float32: { logit: () => 2e-3, loss: 2e-3 },
  // A logit is off by what its row's largest ones are rounded by.
  float16: { logit: (row: readonly number[]) => 1e-2 * Math.max(...row.map(Math.abs)), loss: 0.1 },
} as const;

export type Golden = {
  readonly extension: ContextExtension;
  readonly ids: readonly number[];
  /** Logits by position. */
  readonly rows: Readonly<Record<number, readonly number[]>>;
  /** The loss of each next token. */
  readonly losses?: readonly number[];
};

/** Minus the log of the probability that a row of logits gives a token. */
const lossOf = (logits: Float32Array, token: number): number => {
  const max = logits.reduce((largest, value) => Math.max(largest, value), -Infinity);
  return max + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - max), 0)) - logits[token]!;
};

/** Runs a model under each golden's extension, and compares what is known. */
export const compare = async (
  { backend, model }: Place,
  path: string,
  goldens: readonly Golden[],
  chunkSize: number,
): Promise<void> => {
  const tolerance = allowed[backend.precision];
  const loaded = await loadModel(await model(path), { backend });
  const { vocabSize } = loaded.extended.decoder;
  for (const { extension, ids, rows, losses = [] } of goldens) {
    const extended = await loaded.withExtension(extension);
    const logits = await extended.logits(ids.slice(0, losses.length || ids.length), { chunkSize });
    const row = (position: number) => logits.subarray(position * vocabSize, (position + 1) * vocabSize);
    for (const [position, expected] of Object.entries(rows)) {
      const own = row(Number(position));
      expectThat(own.length === expected.length, `logits must be ${expected.length} a token, got ${own.length}`);
      const most = tolerance.logit(expected);
      const off = own.findIndex((value, token) => !(Math.abs(value - expected[token]!) < most));
      expectThat(
        off < 0,
        `${path}: logit ${off} of token ${position} must be ${expected[off]} within ${most}, got ${own[off]}`,
      );
    }
    losses.forEach((expected, at) => {
      const loss = lossOf(row(at), ids[at + 1]!);
      const right = Math.abs(loss - expected) < tolerance.loss;
      expectThat(right, `the loss of token ${at + 1} must be ${expected} within ${tolerance.loss}, got ${loss}`);
    });
  }
  await loaded.release();
};
