/** Runs a cell of the study of `tune`: one candidate's loss on samples that the search never saw. */
import { cpu } from "@ropewalk/backend-node";
import {
  extensionOfCandidate,
  passkeyIn,
  passkeyPrompt,
  sampleLoss,
  tuneSamples,
  type Candidate,
  type PasskeyLanguage,
  type TuneSample,
} from "@ropewalk/evals";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readFile } from "node:fs/promises";
import type { Open } from "../run/cells.ts";

export type TuneModel = "stories260K" | "passkey-875k";

export type TuneSetup = {
  readonly model: TuneModel;
  readonly text: string;
  readonly separator: string;
  readonly length: number;
  /** How many samples the search gets, and how many behind them the grid gets. */
  readonly samples: { readonly search: number; readonly grid: number };
};

/** The loss that decides; for prompts also the share of keys that are found. */
export type GridResult = { readonly far: number; readonly found?: number };

export const loadFor = async ({ model }: TuneSetup): Promise<LanguageModel> =>
  loadModel(await openFolder((model === "stories260K" ? stories260K : passkey875k).url), {
    backend: cpu({ threads: 1 }),
  });

const keyPrompts = async (model: LanguageModel, length: number, count: number): Promise<readonly TuneSample[]> => {
  const language = JSON.parse(await readFile(new URL("task.json", passkey875k.url), "utf8")) as PasskeyLanguage;
  const task = passkeyIn(language);
  const codec = model.text!;
  const asked = Array.from({ length: count }, (_, index) => {
    const depth = ((index % 5) + 0.5) / 5;
    const { ids, key } = passkeyPrompt(task, codec, { length, depth, seed: 1000 + index });
    return { prompt: codec.decode(ids), response: task.answer(key) };
  });
  return tuneSamples(model, asked, { length, samples: count });
};

/** The samples of the search, then those of the grid. */
export const samplesFor = async (model: LanguageModel, setup: TuneSetup): Promise<readonly TuneSample[]> => {
  const { length, separator, samples } = setup;
  const count = samples.search + samples.grid;
  if (setup.model === "passkey-875k") return keyPrompts(model, length, count);
  return tuneSamples(model, await readFile(setup.text, "utf8"), { length, samples: count, separator });
};

/** Whether every token of the response is the likeliest at its place, so that greedy decoding finds it. */
const isFound = async (model: LanguageModel, { ids, far }: TuneSample): Promise<boolean> => {
  const { vocabSize } = model.extended.decoder;
  let found = true;
  await model.visitLogits(ids.slice(0, -1), (start, logits) => {
    for (let row = Math.max(0, far - start); row < logits.length / vocabSize; row++) {
      const own = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
      const target = own[ids[start + row + 1]!]!;
      if (own.some((logit) => logit > target)) found = false;
    }
  });
  return found;
};

export const open: Open<TuneSetup, Candidate, GridResult> = async (setup) => {
  const plain = await loadFor(setup);
  const all = await samplesFor(plain, setup);
  const samples = all.slice(setup.samples.search);
  const { trainedContext } = plain.extended.decoder;
  return async (candidate) => {
    const model = await plain.withExtension(extensionOfCandidate(candidate, trainedContext));
    if (setup.model === "stories260K") {
      let [sum, tokens] = [0, 0];
      for (const sample of samples) {
        const { far } = await sampleLoss(model, sample);
        [sum, tokens] = [sum + far.sum, tokens + far.tokens];
      }
      return { far: sum / tokens };
    }
    let found = 0;
    for (const sample of samples) if (await isFound(model, sample)) found += 1;
    return { far: 1 - found / samples.length, found: found / samples.length };
  };
};
