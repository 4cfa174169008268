/** The report of `serve` when it is ready: as lines of at most 80 columns, or as data. */
import { extendedWords } from "../describe/extension-in-words.ts";
import { plural } from "../render/units.ts";
import type { LoadedModel } from "./load-in-workers.ts";
import type { NamedModel } from "./model-names.ts";

export type Loaded = NamedModel & LoadedModel;

export type Ready = { readonly url: string; readonly workers: number; readonly loaded: readonly Loaded[] };

const columns = 80;

/** Breaks a text between words into lines of 80 columns. Later lines are indented further. */
const wrapped = (indent: string, text: string): readonly string[] => {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    const longer = line.trim() === "" ? line + word : `${line} ${word}`;
    if (longer.length <= columns || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}    ${word}`;
    }
  }
  return [...lines, line];
};

export const wordsFor = ({ url, workers, loaded }: Ready): string =>
  [
    `${url}/v1`,
    ...loaded.flatMap(({ name, models: [model], chosen }) => {
      const { positions, capacity } = model!.extended;
      return [
        ...wrapped("  ", `${name}: ${extendedWords(positions.name, chosen.extension)}`),
        ...wrapped("    ", `context ${capacity} tokens, ${plural(workers, "request")} at a time`),
      ];
    }),
  ].join("\n");

export const reportOf = ({ url, workers, loaded }: Ready): object => ({
  url,
  workers,
  models: loaded.map(({ name, models: [model], chosen }) => ({
    name,
    method: chosen.name,
    positions: extendedWords(model!.extended.positions.name, chosen.extension),
    capacity: model!.extended.capacity,
  })),
});
