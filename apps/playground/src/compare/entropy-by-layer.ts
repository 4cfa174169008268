/** The entropy of attention by layer, plain and extended, as curves. */
import { curves } from "@ropewalk/charts";
import { count } from "../page/format-numbers.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { measuredSection, sides, table } from "./measured-section.ts";
import { textFor } from "./measured-text.ts";

const { compare } = strings;

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

export const entropyPart = (page: Page): HTMLElement =>
  measuredSection(page, compare.entropy, "entropy-by-layer", async (signal, shown, say, body) => {
    const ids = await textFor(page, await page.model("plain"), signal, say);
    const found: { name: string; points: { x: number; y: number }[] }[] = [];
    for (const side of sides) {
      const model = await page.model(side);
      const layers = await model.attentions(ids, { what: "entropies", chunkSize: 128, signal });
      found.push({ name: compare[side], points: layers.map(({ layer, data }) => ({ x: layer, y: mean(data) })) });
      const { label: title, across, up } = compare.entropy;
      const ticks = found[0]!.points.map(({ x }) => x);
      await shown.show(curves({ title, across, up, curves: found, dots: true, ticks }), title, {
        model: model.source.name,
        curves: found,
      });
      const rows = ticks.map((layer, index) => [
        count(layer),
        ...found.map(({ points }) => points[index]!.y.toFixed(3)),
      ]);
      body.replaceChildren(table([across, ...found.map(({ name }) => name)], rows));
    }
  });
