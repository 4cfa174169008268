/** The tables of a run. */
import Table from "cli-table3";
import { agreementOf, compared } from "./agreement.ts";
import type { Verdict } from "./bars.ts";
import { speed, type Sample } from "./measure.ts";

const table = (head: readonly string[], left: number, rows: readonly (readonly (string | number)[])[]): string => {
  const made = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < left ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
  made.push(...rows.map((row) => [...row]));
  return made.toString();
};

export const renderSamples = (samples: readonly Sample[]): string =>
  table(
    [
      "engine",
      "place",
      "precision",
      "context",
      "prefill tokens/s",
      "decode tokens/s",
      "by median step",
      "peak memory MB",
      "tokens agree",
    ],
    3,
    samples.map((sample) => [
      ...[sample.engine, sample.place, sample.precision, sample.context],
      speed("prefill", sample).toFixed(0),
      speed("decode", sample).toFixed(1),
      speed("decodeStep", sample).toFixed(1),
      sample.peakBytes === undefined ? "" : (sample.peakBytes / 1e6).toFixed(0),
      `${agreementOf(sample, samples) ?? "-"} of ${compared}`,
    ]),
  );

export const renderVerdicts = (verdicts: readonly Verdict[]): string =>
  table(
    ["", "Ropewalk / peer", "place", "precision", "context", "speed", "by median step", "bar"],
    4,
    verdicts.map(({ pass, what, peer, place, precision, context, ratio, stepRatio, bar }) => [
      ...[pass ? "pass" : "FAIL", `${what} / ${peer}`, place, precision, context],
      ...[ratio.toFixed(2), stepRatio?.toFixed(2) ?? "", `>= ${bar}`],
    ]),
  );
