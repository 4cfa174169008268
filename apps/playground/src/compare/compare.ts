/** The right column: plain against extended, filled in as it is measured. */
import { curves, keyGrid, lossCurves } from "@ropewalk/charts";
import {
  englishPasskey,
  passkeyCell,
  passkeyIn,
  perplexity,
  type PasskeyLanguage,
  type PasskeyWording,
} from "@ropewalk/evals";
import type { LanguageModel } from "@ropewalk/generation";
import type { WorkerModel } from "@ropewalk/generation/worker";
import { passkey875k } from "@ropewalk/tiny-models";
import { el } from "../page/dom.ts";
import { count } from "../page/format-numbers.ts";
import type { Page } from "../page/page.ts";
import { picture, type Picture } from "../page/pictures.ts";
import { runButton } from "../run/run-button.ts";
import { strings } from "../page/strings.ts";

const { compare } = strings;
const sides = ["plain", "extended"] as const;
type Side = (typeof sides)[number];

/** A table beside a picture, for those who read numbers. */
const table = (columns: readonly string[], rows: readonly (readonly string[])[]): HTMLElement => {
  const row = (cells: readonly string[], tag: "td" | "th"): HTMLElement =>
    el(
      "tr",
      {},
      ...cells.map((cell, index) =>
        el(index === 0 ? "th" : tag, { scope: index === 0 && tag === "td" ? "row" : "col" }, cell),
      ),
    );
  const body = el(
    "table",
    {},
    el("thead", {}, row(columns, "th")),
    el("tbody", {}, ...rows.map((each) => row(each, "td"))),
  );
  return el("details", {}, el("summary", {}, compare.table), body);
};

const part = (
  page: Page,
  words: { readonly label: string; readonly about: string },
  name: string,
  measure: (signal: AbortSignal, shown: Picture, say: (text: string) => void, body: HTMLElement) => Promise<void>,
): HTMLElement => {
  const shown = picture(name, words.label, page.fail);
  const said = el("p", { className: "told", role: "status" });
  const body = el("div", {});
  const button = runButton(
    { go: compare.go, stop: compare.stop },
    async (signal) => {
      const assembled = page.assembled();
      if (assembled instanceof Error) throw assembled;
      if (assembled?.calls.length === 0) throw new RangeError(compare.none);
      try {
        await measure(signal, shown, (text) => (said.textContent = text), body);
      } finally {
        said.textContent = "";
      }
    },
    page.fail,
  );
  button.setAttribute("aria-label", `${compare.go}: ${words.label}`);
  return el(
    "section",
    { "aria-label": words.label },
    ...[el("h3", {}, words.label), el("p", { className: "about" }, words.about)],
    ...[el("div", { className: "row" }, button, said), shown.element, body, shown.buttons],
  );
};

const wordingFor = async (name: string): Promise<PasskeyWording> => {
  if (name !== passkey875k.name) return englishPasskey;
  return passkeyIn((await (await fetch(passkey875k.files["task.json"]!)).json()) as PasskeyLanguage);
};

const depths = [0, 0.5, 1];
const trials = 2;

/** Lengths from the trained window to the capacity, three at most. */
const lengthsFor = (trained: number, capacity: number): readonly number[] => {
  const most = Math.min(Number.isFinite(capacity) ? capacity : 4 * trained, 4 * trained);
  const all = [trained, Math.round((trained + most) / 2), most].map((length) => Math.floor(length));
  return [...new Set(all)];
};

const grids = (lengths: readonly number[]) => {
  const cells = new Map<string, HTMLElement>();
  const grid = (side: Side): HTMLElement =>
    el(
      "table",
      { className: "grid" },
      el("caption", {}, compare[side]),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { scope: "col" }, compare.passkey.depth),
          ...lengths.map((length) => el("th", { scope: "col" }, count(length))),
        ),
      ),
      el(
        "tbody",
        {},
        ...depths.map((depth) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, `${100 * depth}%`),
            ...lengths.map((length) => {
              const cell = el("td", { "aria-label": compare.passkey.empty }, "·");
              cells.set(`${side} ${length} ${depth}`, cell);
              return cell;
            }),
          ),
        ),
      ),
    );
  const element = el("div", { className: "grids" }, ...sides.map(grid));
  return { element, cell: (side: Side, length: number, depth: number) => cells.get(`${side} ${length} ${depth}`)! };
};

const passkeyPart = (page: Page): HTMLElement =>
  part(page, compare.passkey, "passkey", async (signal, shown, _, body) => {
    const models = { plain: await page.model("plain"), extended: await page.model("extended") };
    const { extended, source } = models.extended;
    const lengths = lengthsFor(source.decoder.trainedContext, extended.capacity);
    const wording = await wordingFor(source.name);
    const grid = grids(lengths);
    body.replaceChildren(grid.element);
    const found: Record<Side, { length: number; depth: number; found: number; trials: number }[]> = {
      plain: [],
      extended: [],
    };
    for (const length of lengths)
      for (const depth of depths)
        for (const side of sides) {
          // A model of a worker has what the task asks of one.
          const model = models[side] as unknown as LanguageModel;
          const cell = grid.cell(side, length, depth);
          cell.className = "running";
          const result = await passkeyCell(wording, model, { length, depth, trials, seed: 3 }, undefined, signal);
          cell.className = `share-${Math.round((4 * result.found) / trials)}`;
          cell.textContent = `${result.found}/${trials}`;
          cell.setAttribute("aria-label", compare.passkey.found(result.found, trials));
          found[side].push({ length, depth, found: result.found, trials });
        }
    const methods = sides.map((side) => ({ method: compare[side], cells: found[side] }));
    const svg = keyGrid({ methods });
    await shown.show(svg, compare.passkey.label, { model: source.name, positions: extended.positions.name, methods });
    // The tables say the same, and can be read; the picture is for saving.
    shown.element.hidden = true;
  });

/** Stories that the model tells, each within its window, one after another, until there are as many tokens. */
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

/** The text that both are measured on: the prompt where it is long enough, or stories. */
const textFor = async (
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
  return stories(model, most + 1, signal, (done) => say(compare.perplexity.telling(done, most)));
};

/** Chunks whose losses take no longer than a frame to add up. */
const chunkFor = ({ source }: WorkerModel): number =>
  Math.max(8, Math.min(128, Math.floor(2 ** 19 / source.decoder.vocabSize)));

const perplexityPart = (page: Page): HTMLElement =>
  part(page, compare.perplexity, "loss-by-position", async (signal, shown, say, body) => {
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

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const entropyPart = (page: Page): HTMLElement =>
  part(page, compare.entropy, "entropy-by-layer", async (signal, shown, say, body) => {
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

export const comparePart = (page: Page): readonly HTMLElement[] => [
  passkeyPart(page),
  perplexityPart(page),
  entropyPart(page),
];
