/** The tables of the retrieval study: keys found out of keys asked for, by method and steps. */
import { recipeNames } from "@ropewalk/finetune";
import { absent, renderTable } from "../render/table.ts";
import type { Results } from "../run/results.ts";
import { shortNames } from "../short-names.ts";
import { cellOf, lengths, stepCounts, type OnTop, type RetrievalCell, type RetrievalResult } from "./cells.ts";

export type Found = Pick<Results<RetrievalCell, RetrievalResult>, "get">;

const shown = (result: RetrievalResult | undefined, length: number, top: OnTop): string => {
  const one = result?.found.find((each) => each.length === length && each.onTop === top);
  return one === undefined ? absent : `${one.found}/${one.trials}`;
};

/** A row for each method; for each length, a column for each number of steps. */
export const keysTable = (found: Found, trials: number, top: OnTop): string =>
  renderTable(
    ["method", ...lengths.flatMap((length) => stepCounts.map((steps) => (steps === 0 ? `${length}:0` : `${steps}`)))],
    (["plain", ...recipeNames] as const).map((method) => [
      shortNames[method],
      ...lengths.flatMap((length) =>
        stepCounts.map((steps) => shown(found.get(cellOf(method, steps, "answer", trials)), length, top)),
      ),
    ]),
  );

/** What changes in the longest runs when all tokens are learned. */
export const learnedTable = (found: Found, trials: number): string => {
  const steps = stepCounts.at(-1)!;
  return renderTable(
    [`${steps} steps`, ...lengths.flatMap((length) => [`${length}: answer`, "all tokens"])],
    recipeNames.map((method) => [
      shortNames[method],
      ...lengths.flatMap((length) =>
        (["answer", "all"] as const).map((learned) =>
          shown(found.get(cellOf(method, steps, learned, trials)), length, "none"),
        ),
      ),
    ]),
  );
};
