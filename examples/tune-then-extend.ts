/**
 * A model of 512 tokens, tuned a little to 1,024 with Entropy-ABF, then extended to 4,096 without any more tuning: SelfExtend starts from
 * the tuned window. The model learns from stories that it writes itself.
 */
import { cpu } from "@ropewalk/backend-node";
import { compose, selfExtend } from "@ropewalk/context-extension";
import { perplexity, tokenStream } from "@ropewalk/evals";
import { cutText, entropyAbfRecipe, train, tunedCheckpoint } from "@ropewalk/finetune";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { stories260K } from "@ropewalk/tiny-models";

const backend = cpu();
const seqLen = 1024;
const { extension, training } = entropyAbfRecipe({ trainedContext: 512 });
const model = await loadModel(stories260K.url, { backend });

const storiesFrom = async (first: number, count: number): Promise<string> => {
  let text = "";
  for (let seed = first; seed < first + count; seed++) {
    const sampling = { kind: "sample", temperature: 1, seed } as const;
    for await (const piece of model.generate([1], { sampling, stopTokens: [1], maxNewTokens: 400 })) text += piece;
  }
  return text;
};

const untuned = await model.withExtension(extension);
const data = cutText(model.text!.encode(await storiesFrom(0, 8)), seqLen);
const { state } = await train({
  model: untuned,
  data,
  seqLen,
  ...training,
  steps: 8,
  batchSize: 1,
  learningRate: 1e-3,
});
const source = await tunedCheckpoint(untuned.source, state.parameters);

const tuned = await loadModel({ source, text: model.text }, { backend, extension, trainedContext: seqLen });
const extended = await tuned.withExtension(compose(extension, selfExtend({ groupSize: 8, window: 512 })));

const windows = { length: 4096, windows: 1, bucket: 1024 };
const { ids } = tokenStream(model, await storiesFrom(100, 18), { length: 4096, windows: 1 });
const losses = async (each: LanguageModel): Promise<string> =>
  (await perplexity(each, ids, windows)).buckets.map(({ loss }) => loss.toFixed(2)).join(" ");
console.log("nats per token, by 1024 tokens");
console.log("tuned:             ", await losses(tuned));
console.log("tuned and extended:", await losses(extended));
