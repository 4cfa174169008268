/** Compares the mapping with the plain model: keys found, the loss by position, and the entropy of attention. */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { passkeyCell, passkeyIn, perplexity, tokenStream } from "@ropewalk/evals";
import { attentionEntropy } from "@ropewalk/finetune";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { readFile } from "node:fs/promises";
import mapping from "./my-mapping.ts";

const backend = cpu();
const mine = (trainedContext: number): ContextExtension => compose(withPositions(mapping), logN({ trainedContext }));

/** Two models that share their weights. */
const plainAndMine = async ({ url }: { readonly url: URL }): Promise<readonly [LanguageModel, LanguageModel]> => {
  const plain = await loadModel(await openFolder(url), { backend });
  return [plain, await plain.withExtension(mine(plain.source.decoder.trainedContext))];
};

const [keyFinder, longKeyFinder] = await plainAndMine(passkey875k);
const task = passkeyIn(JSON.parse(await readFile(new URL("task.json", passkey875k.url), "utf8")));
console.log("keys found, of 3 at each of 3 depths");
for (const length of [256, 1024]) {
  const found = [0, 0];
  for (const [index, model] of [keyFinder, longKeyFinder].entries())
    for (const depth of [0.1, 0.5, 0.9])
      found[index]! += (await passkeyCell(task, model, { length, depth, trials: 3, seed: 1 })).found;
  console.log(`${length} tokens: plain ${found[0]}, mine ${found[1]}`);
}
await keyFinder.release();

const [storyTeller, longStoryTeller] = await plainAndMine(stories260K);
const separator = "<|endoftext|>";
let text = "";
for (let seed = 0; seed < 12; seed++) {
  const sampling = { kind: "sample", temperature: 1, seed } as const;
  for await (const piece of storyTeller.generate([1], { sampling, stopTokens: [1], maxNewTokens: 500 })) text += piece;
  text += separator;
}

const windows = { length: 2048, windows: 1 };
const { ids, masked } = tokenStream(storyTeller, text, { ...windows, separator });
const before = await perplexity(storyTeller, ids, { ...windows, masked });
const after = await perplexity(longStoryTeller, ids, { ...windows, masked });
console.log("nats per token, by position");
for (const [index, { from, to, loss }] of before.buckets.entries())
  console.log(`${from}-${to}: plain ${loss.toFixed(2)}, mine ${after.buckets[index]!.loss.toFixed(2)}`);

const sample = ids.slice(0, 1024);
const wide = await attentionEntropy(storyTeller, [sample]);
const sharp = await attentionEntropy(longStoryTeller, [sample]);
const behind = (entropies: Float64Array): string => {
  const { trainedContext } = storyTeller.source.decoder;
  const far = entropies.subarray(trainedContext);
  return (far.reduce((sum, entropy) => sum + entropy, 0) / far.length).toFixed(2);
};
console.log("entropy of attention behind the trained window, in nats");
for (const [layer, entropies] of wide.entries())
  console.log(`layer ${layer}: plain ${behind(entropies)}, mine ${behind(sharp[layer]!)}`);
await storyTeller.release();
