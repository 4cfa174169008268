/**
 * The time of the usual form of SelfExtend, with two score matrices, divided by that of this project's form: the last chunk of a long prompt,
 * a whole model in float32, on the same backend. Both are given the same cached keys and must give the same logits.
 *
 * The usual form is timed by its graph alone; this project's form also makes its masks and writes its cache.
 */
import { float32, int64, type HostTensor, type Tensor } from "@ropewalk/backend";
import { chunkNumbers, decoderOutputs, decoderInputs as shared } from "@ropewalk/decoder";
import { createCache, needCheckpoint, runChunk, type LanguageModel } from "@ropewalk/generation";
import { encode } from "@ropewalk/graph";
import { holdCheckpoint } from "@ropewalk/models";
import { tokens } from "@ropewalk/testing/numbers/noise";
import { barOf, type Bar } from "../measuring/bar.ts";
import { noiseRows, refill, type Rows } from "../measuring/filled-cache.ts";
import { compareTimes, timed } from "../measuring/compare-times.ts";
import { scoreMatrixInputs, twoScoreMatrices, type Meeting } from "./two-score-matrices.ts";

const context = 8192;
const chunkLength = 512;
const pastLength = context - chunkLength;
const chunk = { start: pastLength, length: chunkLength };

/** A form of the model. `run` gives logits of the asked rows of the chunk behind the cached keys, and the milliseconds that it took. */
type Form = {
  readonly run: (rows: readonly number[]) => Promise<{ readonly logits: Float32Array; readonly time: number }>;
  readonly release: () => Promise<void>;
};

const ownForm = (model: LanguageModel, ids: readonly number[], rows: Rows): Form => {
  let cache = createCache(model.backend, model.extended, { length: context });
  return {
    run: async (wanted) => {
      cache = refill(cache, pastLength, rows);
      let logits: Float32Array = new Float32Array(0);
      const time = await timed(async () => ({ logits, cache } = await runChunk(model.session, cache, ids, wanted)));
      return { logits, time };
    },
    release: async () => {},
  };
};

const range = (length: number): readonly number[] => Array.from({ length }, (_, index) => index);

const usualForm = async (model: LanguageModel, ids: readonly number[], rows: Rows, meeting: Meeting): Promise<Form> => {
  const { backend, source, extended } = model;
  const checkpoint = await holdCheckpoint(needCheckpoint("usual form", source));
  const session = await backend.createSession(
    encode(twoScoreMatrices({ ...extended, decoder: checkpoint.decoder }, checkpoint, meeting)),
    checkpoint.files.map(({ external }) => external),
  );
  const { frequencies, appended } = createCache(backend, extended, { length: context });
  const feeds: Record<string, Tensor> = {
    [shared.ids]: int64([chunkLength], ids),
    [scoreMatrixInputs.queryPositions]: int64([chunkLength, 1], range(context).slice(pastLength)),
    [scoreMatrixInputs.keyPositions]: int64([1, context], range(context)),
  };
  for (const [name, { dims, data }] of Object.entries(chunkNumbers(extended, frequencies, chunk)))
    feeds[name] = float32(dims, data);
  for (let layer = 0; layer < extended.decoder.numLayers; layer++) {
    feeds[scoreMatrixInputs.pastValues(layer)] = rows(decoderOutputs.newValues(layer));
    for (const band of extended.positions.bands.keys())
      feeds[scoreMatrixInputs.pastKeys(layer, band)] = rows(decoderOutputs.newKeys(layer, band));
  }
  return {
    run: async (wanted) => {
      const asked = { ...feeds, [shared.logitRows]: int64([wanted.length], wanted) };
      let results: Readonly<Record<string, Tensor>> = {};
      const time = await timed(async () => {
        results = await session.run(asked, { read: [decoderOutputs.logits], keep: appended });
      });
      return { logits: (results[decoderOutputs.logits] as HostTensor).data as Float32Array, time };
    },
    release: () => session.release(),
  };
};

const tolerance = 1e-3;

/** How many times faster this project's form must be. Most implementations join scores. */
const limits: Readonly<Record<Meeting, number>> = { scores: 1.9, keys: 1 };
const meetings = ["scores", "keys"] as const satisfies readonly Meeting[];

/** @throws Error when their results differ */
const largestDifference = async (own: Form, usual: Form): Promise<number> => {
  const all = range(chunkLength);
  const [{ logits }, { logits: others }] = [await own.run(all), await usual.run(all)];
  // A difference that is not a number must not pass.
  const worst = logits.reduce((most, logit, at) => {
    const difference = Math.abs(logit - others[at]!);
    return difference <= most ? most : difference;
  }, 0);
  if (worst <= tolerance) return worst;
  throw new Error(`usualFormCost: the logits of both forms must be within ${tolerance}, got ${worst}`);
};

export const usualFormCost = async (
  { extended: model }: { readonly extended: LanguageModel },
  { quick }: { readonly quick: boolean },
): Promise<readonly Bar[]> => {
  const ids = tokens(model.extended.decoder.vocabSize, context).slice(pastLength);
  // Each output has numbers of its own, in memory of its own.
  const { appended } = createCache(model.backend, model.extended, { length: 1 });
  const cached = new Map(appended.map((output, index) => [output, noiseRows(model, pastLength, index)]));
  const rows: Rows = (output) => cached.get(output)!;
  const own = ownForm(model, ids, rows);
  const last = [chunkLength - 1];
  const bars: Bar[] = [];
  for (const meeting of meetings) {
    const usual = await usualForm(model, ids, rows, meeting);
    const worst = await largestDifference(own, usual);
    const compared = await compareTimes(
      async () => (await own.run(last)).time,
      async () => (await usual.run(last)).time,
      { rounds: quick ? 1 : 7, warmups: 1 },
    );
    await usual.release();
    const from =
      `${compared.candidate.toFixed(0)} ms to ${compared.base.toFixed(0)} ms, ` +
      `logits within ${worst.toExponential(0)} of each other`;
    const name = `last chunk of ${chunkLength} at ${context}, two score matrices (${meeting} joined) / SelfExtend here`;
    bars.push(barOf({ name, value: compared.ratio, from }, "at least", limits[meeting]));
  }
  return bars;
};
