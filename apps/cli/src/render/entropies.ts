/** Entropies as tables: one method by position, with a column for each layer; several methods side by side, with a row for each layer. */
import type { EntropiesReport } from "@ropewalk/evals";
import { renderTable, type Column } from "./table.ts";

const right = (head: string): Column => ({ head, align: "right" });

const nats = (value: number | undefined | null): string => value?.toFixed(3) ?? "-";

const blocks = <T>(all: readonly T[], most: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, block) => all.slice(block * most, (block + 1) * most));

/** The most layers, and the most methods, side by side. */
const [layersAcross, methodsAcross] = [6, 3] as const;

/** The table of one method by position, with the means inside the trained window and beyond it. */
export const renderEntropies = ({ layers, trainedContext }: EntropiesReport): string =>
  blocks(layers, layersAcross)
    .map((own) =>
      renderTable(["positions", ...own.map(({ layer }) => `layer ${layer}`)].map(right), [
        ...own[0]!.buckets.map(({ from, to }, at) => [
          `${from}-${to}`,
          ...own.map(({ buckets }) => nats(buckets[at]!.mean)),
        ]),
        [`inside ${trainedContext}`, ...own.map(({ inside }) => nats(inside.mean))],
        ["beyond", ...own.map(({ beyond }) => nats(beyond?.mean))],
      ]),
    )
    .join("\n");

export type MethodEntropies = { readonly name: string; readonly words: string; readonly report: EntropiesReport };

/** The table of several methods: means inside the trained window and beyond it, and the distance between the two. */
export const renderEntropiesOfAll = (methods: readonly MethodEntropies[]): string => {
  const numbered = methods.map((method, index) => ({ ...method, number: index + 1 }));
  const tables = blocks(numbered, methodsAcross).map((own) =>
    renderTable(["layer", ...own.map(({ number }) => `${number}: inside, beyond`)].map(right), [
      ...own[0]!.report.layers.map(({ layer }, at) => [
        `${layer}`,
        ...own.map(({ report: { layers } }) => {
          const { inside, beyond } = layers[at]!;
          return `${nats(inside.mean)}, ${nats(beyond?.mean)}`;
        }),
      ]),
      ["apart", ...own.map(({ report }) => nats(report.drift))],
    ]),
  );
  return [
    ...numbered.map(({ number, name, words }) => `${number}  ${name}: ${words}`),
    `Nats inside of the trained window, ${methods[0]!.report.trainedContext}, and beyond it:`,
    ...tables,
    "apart: the mean over layers of the distance between the two",
  ].join("\n");
};
