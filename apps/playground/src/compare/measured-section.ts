/** A section of the right column: a button that measures, a picture, and its numbers as a table. */
import { el } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { picture, type Picture } from "../page/pictures.ts";
import { strings } from "../page/strings.ts";
import { runButton } from "../run/run-button.ts";

const { compare } = strings;

/** The model as it was trained, and under the chosen extension. */
export const sides = ["plain", "extended"] as const;
export type Side = (typeof sides)[number];

/** The numbers of a picture as a table. */
export const table = (columns: readonly string[], rows: readonly (readonly string[])[]): HTMLElement => {
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

/** @param name - of the files that the picture is saved as */
export const measuredSection = (
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
    el("h3", {}, words.label),
    el("p", { className: "about" }, words.about),
    el("div", { className: "row" }, button, said),
    shown.element,
    body,
    shown.buttons,
  );
};
