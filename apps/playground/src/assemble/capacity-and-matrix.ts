/** The result of the choices: capacity, cache, largest relative position, and the matrix of all positions. */
import { plannedCacheBytes } from "@ropewalk/generation";
import { el, facts, field, onFrame } from "../page/dom.ts";
import { bytes, count } from "../page/format-numbers.ts";
import type { Page } from "../page/page.ts";
import { strings } from "../page/strings.ts";
import { matrixPart } from "./position-matrix.ts";
import { largestRelative } from "./relative-positions.ts";

export const resultPart = (page: Page): HTMLElement => {
  const { result } = strings;
  const list = facts({ capacity: result.capacity, cache: result.cache, largest: result.largest });
  const wrong = el("p", { className: "wrong", role: "alert" });
  const notices = el("p", { className: "told" });
  const input = el("input", { type: "range", min: "16" });
  const output = el("output", {});
  const length = field(result.length, input, output);
  length.classList.add("slider");
  input.addEventListener("input", () => page.change({ length: Number(input.value) }));
  const matrix = matrixPart();
  const show = onFrame(() => {
    const assembled = page.assembled();
    if (assembled === undefined) return;
    wrong.textContent = assembled instanceof Error ? assembled.message : "";
    if (assembled instanceof Error) return;
    const { extended } = assembled;
    const { capacity, knownContext, positions } = extended;
    const fits = Number.isFinite(capacity) ? capacity : 4 * knownContext;
    input.max = String(Math.max(fits, 2 * knownContext));
    const tokens = Math.min(page.setting().length ?? fits, Number(input.max));
    input.value = String(tokens);
    output.textContent = strings.model.tokens(tokens);
    const largest = largestRelative(positions, tokens);
    list.set("capacity", Number.isFinite(capacity) ? strings.model.tokens(capacity) : result.unbounded);
    list.set("cache", bytes(plannedCacheBytes(extended, { length: tokens })));
    const isWithin = largest < knownContext;
    list.set("largest", `${count(largest)}, ${isWithin ? result.within : result.beyond}`, isWithin ? "good" : "bad");
    notices.textContent = extended.notices.join(" ");
    matrix.show({ mapping: positions, length: tokens, known: knownContext });
  });
  page.onChange(show);
  return el(
    "div",
    {},
    el("h3", {}, result.label),
    wrong,
    list.element,
    notices,
    length,
    el("h3", {}, strings.matrix.label),
    el("p", { className: "about" }, strings.matrix.about),
    matrix.element,
  );
};
