/** The relative position of every pair, as a picture: queries down, keys across. A chosen cell shows its pair in words; zoom is around it. */
import type { PositionMapping } from "@ropewalk/position-mapping";
import { el, isDark, onFrame, uniqueId } from "../page/dom.ts";
import { relativeOf } from "./relative-positions.ts";
import { strings } from "../page/strings.ts";

const cells = 192;

type Shown = { readonly mapping: PositionMapping; readonly length: number; readonly known: number };
type View = { readonly query: number; readonly key: number; readonly size: number };
type Colour = readonly [number, number, number];

const mix = (a: Colour, b: Colour, share: number): Colour =>
  a.map((from, index) => from + (b[index]! - from) * share) as unknown as Colour;

/** The colours from near positions to the end of the window, of positions beyond it, and of pairs that are not seen. */
const colours = (): { readonly near: Colour; readonly end: Colour; readonly beyond: Colour; readonly unseen: Colour } =>
  isDark()
    ? { near: [28, 52, 74], end: [126, 205, 224], beyond: [243, 140, 77], unseen: [24, 27, 31] }
    : { near: [221, 238, 243], end: [20, 86, 117], beyond: [196, 78, 12], unseen: [246, 246, 243] };

export const matrixPart = (): { readonly element: HTMLElement; readonly show: (shown: Shown) => void } => {
  const said = el("p", { className: "told", "aria-live": "polite" });
  const canvas = el("canvas", {
    width: cells,
    height: cells,
    tabIndex: 0,
    className: "matrix",
    role: "img",
    "aria-label": `${strings.matrix.canvas}. ${strings.matrix.about}`,
  });
  said.id = uniqueId();
  canvas.setAttribute("aria-describedby", said.id);
  let shown: Shown | undefined;
  let view: View = { query: 0, key: 0, size: 1 };
  let cell: readonly [query: number, key: number] = [0, 0];

  const pairAt = (row: number, column: number): readonly [number, number] => {
    const step = view.size / cells;
    return [view.query + Math.floor(row * step), view.key + Math.floor(column * step)];
  };
  const paint = (): void => {
    if (shown === undefined) return;
    const { mapping, known, length } = shown;
    const { near, end, beyond, unseen } = colours();
    const context = canvas.getContext("2d")!;
    const image = context.createImageData(cells, cells);
    const colourOf = (query: number, key: number): Colour => {
      const position = query < length && key <= query ? relativeOf(mapping, query, key) : undefined;
      if (position === undefined) return unseen;
      return position >= known ? beyond : mix(near, end, Math.sqrt(position / known));
    };
    for (let row = 0; row < cells; row++)
      for (let column = 0; column < cells; column++) {
        const [query, key] = pairAt(row, column);
        image.data.set([...colourOf(query, key), 255], 4 * (row * cells + column));
      }
    context.putImageData(image, 0, 0);
    const scale = cells / view.size;
    const [query, key] = cell;
    const side = Math.max(5, scale);
    context.lineWidth = 1;
    context.strokeStyle = isDark() ? "#fff" : "#000";
    context.strokeRect(
      (key - view.key) * scale - (side - scale) / 2,
      (query - view.query) * scale - (side - scale) / 2,
      side,
      side,
    );
  };
  const repaint = onFrame(paint);
  const tell = (): void => {
    const [query, key] = cell;
    const position = key <= query ? relativeOf(shown!.mapping, query, key) : undefined;
    said.textContent = strings.matrix.cell(query, key, position);
  };
  const within = (value: number): number => Math.max(0, Math.min(shown!.length - 1, value));
  const choose = (query: number, key: number): void => {
    cell = [within(query), within(key)];
    /** Where the view must begin so that the cell at `at` is inside. */
    const into = (at: number, from: number): number => Math.max(at - view.size + 1, Math.min(at, from));
    view = { ...view, query: into(cell[0], view.query), key: into(cell[1], view.key) };
    tell();
    repaint();
  };
  const zoom = (factor: number): void => {
    const size = Math.max(Math.min(8, shown!.length), Math.min(shown!.length, Math.round(view.size * factor)));
    const from = (at: number): number => Math.max(0, Math.min(shown!.length - size, at - Math.floor(size / 2)));
    view = size === shown!.length ? { query: 0, key: 0, size } : { query: from(cell[0]), key: from(cell[1]), size };
    repaint();
  };
  canvas.addEventListener("pointermove", ({ offsetX, offsetY }) => {
    if (shown === undefined) return;
    cell = pairAt((offsetY / canvas.clientHeight) * cells, (offsetX / canvas.clientWidth) * cells).map(within) as never;
    tell();
    repaint();
  });
  canvas.addEventListener("keydown", (event) => {
    if (shown === undefined) return;
    const step = Math.max(1, Math.round(view.size / 48));
    const [query, key] = cell;
    const acts: Readonly<Record<string, () => void>> = {
      ArrowUp: () => choose(query - step, key),
      ArrowDown: () => choose(query + step, key),
      ArrowLeft: () => choose(query, key - step),
      ArrowRight: () => choose(query, key + step),
      "+": () => zoom(0.5),
      "-": () => zoom(2),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  const button = (text: string, factor: number): HTMLElement =>
    el("button", { type: "button", className: "small", onclick: () => shown && zoom(factor) }, text);
  const { zoomIn, zoomOut, whole, legend } = strings.matrix;
  const element = el(
    "div",
    { className: "picture" },
    canvas,
    el("ul", { className: "legend" }, ...legend.map((text, index) => el("li", { className: `legend-${index}` }, text))),
    el("div", { className: "row" }, button(zoomIn, 0.5), button(zoomOut, 2), button(whole, Infinity)),
    said,
  );
  return {
    element,
    show: (next) => {
      const isWhole = shown === undefined || view.size >= shown.length || view.size > next.length;
      shown = next;
      if (isWhole) view = { query: 0, key: 0, size: next.length };
      view = {
        ...view,
        query: Math.min(view.query, next.length - view.size),
        key: Math.min(view.key, next.length - view.size),
      };
      cell = cell[0] === 0 ? [within(next.length - 1), 0] : [within(cell[0]), within(cell[1])];
      tell();
      repaint();
    },
  };
};
