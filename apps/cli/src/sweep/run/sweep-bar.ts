/** The progress bar of a sweep, with the time that is left. */
import { newBar } from "../../terminal/progress-bars.ts";
import { duration } from "../../render/units.ts";
import type { PlannedCell } from "../plan/planned-cells.ts";

export type SweepBar = {
  /** @param cells - the number of cells that were done before */
  readonly start: (cells: number, done: readonly Pick<PlannedCell, "tokens">[]) => void;
  readonly update: (tokens: number, cell: PlannedCell) => void;
  /** Counts one more saved cell. */
  readonly cell: () => void;
  readonly stop: () => void;
};

/** The bar counts tokens, since each token takes about the same time. */
export const sweepBar = ({ tokens, cells }: { readonly tokens: number; readonly cells: number }): SweepBar => {
  const bar = newBar("{done} of {cells} cells, {left} left  {what}");
  let [before, done, begun] = [0, 0, 0];
  return {
    start: (finished, own) => {
      before = own.reduce((sum, cell) => sum + cell.tokens, 0);
      done = finished;
      begun = performance.now();
      bar.start(tokens, before, { done, cells, left: "-", what: "loading" });
    },
    update: (now, { model, method }) => {
      const spent = performance.now() - begun;
      const left = now > 0 ? duration((spent * (tokens - before - now)) / now) : "-";
      bar.update(Math.round(before + now), { done, cells, left, what: `${model.label}, ${method.label}` });
    },
    cell: () => void (done += 1),
    stop: () => bar.stop(),
  };
};
