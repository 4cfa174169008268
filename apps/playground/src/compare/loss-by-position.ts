/** The loss by position, plain and extended, as curves. */
import { lossCurves } from "@ropewalk/charts";
import { perplexity } from "@ropewalk/evals";
import type { WorkerModel } from "@ropewalk/generation/worker";
import { count } from "../page/format-numbers.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { measuredSection, sides, table } from "./measured-section.ts";
import { textFor } from "./measured-text.ts";

const { compare } = strings;

/** A chunk size for which summing up the losses takes no longer than a frame. */
const chunkFor = ({ source }: WorkerModel): number =>
  Math.max(8, Math.min(128, Math.floor(2 ** 19 / source.decoder.vocabSize)));

export const perplexityPart = (page: Page): HTMLElement =>
  measuredSection(page, compare.perplexity, "loss-by-position", async (signal, shown, say, body) => {
    const plain = await page.model("plain");
    const ids = await textFor(page, plain, signal, say);
    const length = ids.length - 1;
    const bucket = Math.max(16, Math.ceil(length / 24));
    const found: { name: string; buckets: readonly { from: number; to: number; loss: number; tokens: number }[] }[] =
      [];
    for (const side of sides) {
      const model = await page.model(side);
      const options = { length, windows: 1, bucket, chunkSize: chunkFor(model), signal };
      const onProgress = (done: number, total: number): void => say(compare.perplexity.reading(done, total));
      const { buckets } = await perplexity(model as never, ids, { ...options, onProgress });
      found.push({ name: compare[side], buckets });
      const marks = [{ at: model.source.decoder.trainedContext, label: compare.perplexity.mark }];
      const title = compare.perplexity.label;
      const svg = lossCurves({
        title,
        curves: found.map((curve) => ({
          ...curve,
          buckets: curve.buckets.map(({ from, to, loss }) => ({ from, to, loss })),
        })),
        marks,
      });
      await shown.show(svg, title, { model: model.source.name, curves: found });
      const rows = buckets.map(({ from }, index) => [
        count(from),
        ...found.map((curve) => curve.buckets[index]!.loss.toFixed(3)),
      ]);
      body.replaceChildren(table([compare.perplexity.position, ...found.map(({ name }) => name)], rows));
    }
  });
