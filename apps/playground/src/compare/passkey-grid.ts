/** The passkey task by length and depth, plain and extended, cell by cell. */
import { keyGrid } from "@ropewalk/charts";
import { englishPasskey, passkeyCell, passkeyIn, type PasskeyLanguage, type PasskeyWording } from "@ropewalk/evals";
import type { LanguageModel } from "@ropewalk/generation";
import { passkey875k } from "@ropewalk/tiny-models";
import { el } from "../page/dom.ts";
import { count } from "../page/format-numbers.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { measuredSection, sides, type Side } from "./measured-section.ts";

const { compare } = strings;

const wordingFor = async (name: string): Promise<PasskeyWording> => {
  if (name !== passkey875k.name) return englishPasskey;
  return passkeyIn((await (await fetch(passkey875k.files["task.json"]!)).json()) as PasskeyLanguage);
};

const depths = [0, 0.5, 1];
const trials = 2;

/** At most three lengths, from the trained window to the capacity. */
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

export const passkeyPart = (page: Page): HTMLElement =>
  measuredSection(page, compare.passkey, "passkey", async (signal, shown, _, body) => {
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
          // The task uses only what a model in a worker has too.
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
    // The tables show the same and can be read by everybody; the picture is only for saving.
    shown.element.hidden = true;
  });
