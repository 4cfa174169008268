/** The text that losses and entropies are measured on, the same for both sides. */
import type { WorkerModel } from "@ropewalk/generation/worker";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";

/** Stories that the model writes, each within its window, one after another, up to `tokens` tokens. */
const stories = async (
  model: WorkerModel,
  tokens: number,
  signal: AbortSignal,
  say: (done: number) => void,
): Promise<readonly number[]> => {
  const ids: number[] = [];
  const { trainedContext } = model.source.decoder;
  for (let seed = 1; ids.length < tokens; seed++) {
    const first = model.source.bosToken ?? 0;
    ids.push(first);
    const most = Math.min(tokens - ids.length, Math.floor(trainedContext / 2));
    const sampling = { kind: "sample", temperature: 1, seed } as const;
    if (most < 1) break;
    for await (const token of model.generateTokens([first], { maxNewTokens: most, sampling, signal })) {
      ids.push(token);
      if (ids.length % 32 === 0) say(ids.length);
    }
  }
  return ids;
};

/** The prompt if it is longer than the trained window, otherwise stories. */
export const textFor = async (
  page: Page,
  model: WorkerModel,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<readonly number[]> => {
  const { trainedContext } = model.source.decoder;
  const { capacity } = (await page.model("extended")).extended;
  const most = Math.min(Number.isFinite(capacity) ? capacity : 3 * trainedContext, 3 * trainedContext);
  const prompt = model.text?.encode(page.setting().prompt) ?? [];
  if (prompt.length > trainedContext) return prompt.slice(0, most);
  return stories(model, most + 1, signal, (done) => say(strings.compare.perplexity.telling(done, most)));
};
