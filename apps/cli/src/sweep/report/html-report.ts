/**
 * A sweep's report: one HTML page that needs no other file, light or dark as the reader's system. The page is made from the cells and
 * the sweep alone and contains no times, so that equal cells make an equal page.
 */
import { curves, keyGrid, lossCurves } from "@ropewalk/charts";
import { evaluationOf } from "@ropewalk/evals";
import { page, escape } from "./html-page.ts";
import { bestOf, figureText, meanOf, type Group, type GroupFigure, type SeenCell } from "./result-groups.ts";

const ofMethod = ({ cells }: Group, method: string): readonly SeenCell[] =>
  cells.filter(({ cell, record }) => cell.method.label === method && record !== undefined);

const done = (group: Group): readonly string[] => group.methods.filter((method) => ofMethod(group, method).length > 0);

/** Pictures of the keys found, one for each method. Cells of several seeds are added up. */
const gridOf = (group: Group): readonly string[] => {
  const { found } = evaluationOf("report", group.kind);
  if (found === undefined || done(group).length === 0) return [];
  return done(group).map((method) => {
    const sums = new Map<string, { length: number; depth: number; found: number; trials: number }>();
    for (const { record } of ofMethod(group, method)) {
      const one = found(record!.result);
      const key = `${one.length}/${one.depth}`;
      const { found: before, trials } = sums.get(key) ?? { found: 0, trials: 0 };
      sums.set(key, { ...one, found: before + one.found, trials: trials + one.trials });
    }
    const cells = [...sums.values()].toSorted((a, b) => a.length - b.length || a.depth - b.depth);
    return keyGrid({ methods: [{ method, cells }] });
  });
};

/** Pictures of the loss by position, one for each length, with a curve for each method. */
const lossesOf = (group: Group): readonly string[] => {
  const { losses } = evaluationOf("report", group.kind);
  if (losses === undefined) return [];
  return group.lengths.flatMap((length) => {
    const own = done(group).flatMap((method) => {
      const seen = ofMethod(group, method).find((each) => each.length === length);
      if (seen === undefined) return [];
      const buckets = losses(seen.record!.result).map(({ from, to, loss }) => ({ from, to, loss: loss ?? NaN }));
      return [{ name: method, buckets }];
    });
    const single = own.length === 1 ? `, ${own[0]!.name}` : "";
    return own.length === 0 ? [] : [lossCurves({ title: `${length} tokens${single}`, curves: own })];
  });
};

/** A picture of the first figure by length, with a curve for each method. */
const figureCurve = (group: Group): readonly string[] => {
  const [figure] = group.figures;
  if (figure === undefined || group.lengths.length < 2 || done(group).length === 0) return [];
  const scale = figure.share === true ? 100 : 1;
  const drawn = done(group).map((method) => ({
    name: method,
    points: group.lengths.map((length) => {
      const mean = meanOf(group, { method, length, figure: figure.name });
      return { x: length, y: scale * (mean ?? NaN) };
    }),
  }));
  if (drawn.every(({ points }) => points.every(({ y }) => Number.isNaN(y)))) return [];
  const up = figure.share === true ? `${figure.name}, in percent` : figure.name;
  const title = `${up[0]!.toUpperCase()}${up.slice(1)}, by length`;
  return [
    curves({
      title,
      across: "tokens",
      up,
      curves: drawn,
      logarithmic: true,
      dots: true,
      ...(figure.share === true && { within: [0, 100] }),
    }),
  ];
};

const row = (cells: readonly string[], kind = "td"): string => {
  const [first, ...rest] = cells;
  return `<tr><th scope="row">${first}</th>${rest.map((cell) => `<${kind}>${cell}</${kind}>`).join("")}</tr>`;
};

const scroll = (head: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll"><table><thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;

/** A method's name, in which a number never breaks away from its word on a narrow screen. */
const label = (method: string): string => escape(method).replaceAll(/([A-Za-z]) (?=[\d.]+(,|$))/g, "$1&#160;");

/** The best of each length is bold. */
const figureCell = (group: Group, figure: GroupFigure, method: string, length: number): string => {
  const mean = meanOf(group, { method, length, figure: figure.name });
  const shown = figureText(figure, mean);
  return typeof mean === "number" && mean === bestOf(group, figure, length) ? `<strong>${shown}</strong>` : shown;
};

const figureTables = (group: Group): string =>
  group.figures
    .map((figure) =>
      scroll(
        [escape(figure.name), ...group.lengths.map(String)],
        group.methods.map((method) =>
          row([label(method), ...group.lengths.map((length) => figureCell(group, figure, method, length))]),
        ),
      ),
    )
    .join("\n");

/** The table of a method's positions at each length. */
const positionsTable = (group: Group): string => {
  const rows = group.methods.flatMap((method) =>
    group.lengths.flatMap((length) => {
      const record = ofMethod(group, method).find((each) => each.length === length)?.record;
      if (record === undefined) return [];
      const beyond = record.beyondCapacity ? "beyond its capacity" : "";
      return [row([escape(method), String(length), escape(record.positions), beyond])];
    }),
  );
  return rows.length === 0
    ? ""
    : `<details><summary>What the methods came to</summary>${scroll(["method", "tokens", "positions", ""], rows)}</details>`;
};

const section = (group: Group, index: number): string => {
  const grids = gridOf(group);
  const pictures = [...figureCurve(group), ...grids, ...lossesOf(group)];
  // A grid is not as high as a curve.
  const kind = grids.length > 0 ? "pictures uneven" : "pictures";
  const finished = group.cells.filter(({ record }) => record !== undefined).length;
  const missing = finished === group.cells.length ? "" : ` · ${finished} of ${group.cells.length} cells are done`;
  return `<section id="g${index}"><h2>${escape(group.model)} <span>${escape(group.kind)}</span></h2>
<p class="about">${escape(group.about)}${missing}</p>
<div class="tables">${figureTables(group)}</div>
<div class="${kind}">${pictures.map((picture) => `<figure>${picture}</figure>`).join("\n")}</div>
${positionsTable(group)}</section>`;
};

/** @param name - of the sweep, as a title */
export const renderReport = (name: string, groups: readonly Group[]): string => {
  const cells = groups.flatMap((group) => group.cells);
  const finished = cells.filter(({ record }) => record !== undefined).length;
  const count = (values: readonly string[], word: string): string => {
    const { size } = new Set(values);
    return `${size} ${word}${size === 1 ? "" : "s"}`;
  };
  const facts = [
    finished === cells.length ? `${cells.length} cells` : `${finished} of ${cells.length} cells`,
    count(
      groups.map(({ model }) => model),
      "model",
    ),
    count(
      groups.flatMap(({ methods }) => methods),
      "method",
    ),
  ];
  const links = groups.map(
    ({ model, kind, about }, index) =>
      `<li><a href="#g${index}">${escape(model)}, ${escape(kind)}</a>${about === "" ? "" : ` <span>${escape(about)}</span>`}</li>`,
  );
  return page(name, [
    `<header><h1>${escape(name)}</h1><p>${facts.join(" · ")}</p></header>`,
    ...(groups.length > 1 ? [`<nav><ol>${links.join("")}</ol></nav>`] : []),
    ...groups.map(section),
    `<footer>Means are over depths and seeds; the best of each length is bold; what is not done is a dot. Made by ropewalk sweep.</footer>`,
  ]);
};
