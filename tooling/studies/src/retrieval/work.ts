/** Runs a cell of the retrieval study: tunes a model on prompts with their answers, and counts the keys that it finds. */
import { cpu } from "@ropewalk/backend-node";
import { compose, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { ignoredLabel } from "@ropewalk/decoder/training";
import { passkeyCell, passkeyIn, passkeyPrompt, type PasskeyLanguage, type PasskeyWording } from "@ropewalk/evals";
import { recipe, train, tunedCheckpoint, type Sample } from "@ropewalk/finetune";
import { loadModel, type LanguageModel, type TextCodec } from "@ropewalk/generation";
import { readJson } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import type { Open } from "../run/cells.ts";
import {
  batchSize,
  depths,
  lengths,
  onTop,
  onTops,
  seqLen,
  trainedContext,
  trainSamples,
  type RetrievalCell,
  type RetrievalResult,
} from "./cells.ts";

/** A prompt and its answer. Their seeds are of none that is asked for: those are positive. */
export const samplesOf = (
  task: PasskeyWording,
  codec: TextCodec,
  learned: RetrievalCell["learned"],
): readonly Sample[] =>
  Array.from({ length: trainSamples }, (_, at) => {
    const depth = at / (trainSamples - 1);
    const { ids: prompt, key, keyTokens } = passkeyPrompt(task, codec, { length: seqLen, depth, seed: -1 - at });
    const ids = [...prompt, ...codec.encode(task.question + task.answer(key)).slice(-keyTokens)];
    return { ids, labels: ids.map((id, t) => (learned === "all" || t >= prompt.length ? id : ignoredLabel)) };
  });

const extensionOf = (method: RetrievalCell["method"]): ContextExtension =>
  method === "plain" ? {} : recipe(method, { trainedContext, seqLen }).extension;

const findKeys = async (task: PasskeyWording, model: LanguageModel, { method, trials }: RetrievalCell) => {
  const found: RetrievalResult["found"][number][] = [];
  for (const length of lengths)
    for (const name of onTops) {
      const positions = onTop[name];
      const extension = positions ? compose(extensionOf(method), selfExtend(positions)) : extensionOf(method);
      const extended = await model.withExtension(extension);
      let sum = 0;
      for (const depth of depths) sum += (await passkeyCell(task, extended, { length, depth, trials, seed: 1 })).found;
      found.push({ length, onTop: name, found: sum, trials: trials * depths.length });
    }
  return found;
};

export const open: Open<undefined, RetrievalCell, RetrievalResult> = async () => {
  const folder = await openFolder(passkey875k.url);
  const plain = await loadModel(folder, { backend: cpu({ threads: 1 }) });
  const task = passkeyIn((await readJson(folder, "task.json")) as PasskeyLanguage);
  return async (cell) => {
    const begun = performance.now();
    const { method, steps, learned } = cell;
    const untuned = await plain.withExtension(extensionOf(method));
    const done = async (model: LanguageModel, loss: number | null): Promise<RetrievalResult> => {
      const found = await findKeys(task, model, cell);
      return { found, loss, seconds: Math.round((performance.now() - begun) / 1000) };
    };
    if (steps === 0) return done(untuned, null);
    const { training } = recipe(method as Exclude<typeof method, "plain">, { trainedContext, seqLen });
    const { state, losses } = await train({
      model: untuned,
      data: samplesOf(task, plain.text!, learned),
      seqLen,
      ...training,
      steps,
      batchSize,
      gradientAccumulation: batchSize,
      learningRate: 1e-3,
    });
    const source = await tunedCheckpoint(plain.source, state.parameters);
    const tuned = await loadModel(
      { source, text: plain.text },
      { backend: plain.backend, extension: extensionOf(method) },
    );
    const result = await done(tuned, losses.at(-1)!);
    await tuned.release();
    return result;
  };
};
