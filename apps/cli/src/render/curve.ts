/** The loss by position as a picture: positions across, the mean loss of each bucket as a step, marks at given positions. */
import type { PerplexityBucket } from "@ropewalk/evals";
import { scale, svgDocument, text, type Mark } from "./svg-parts.ts";

export type Curve = {
  readonly title: string;
  readonly buckets: readonly PerplexityBucket[];
  readonly marks: readonly Mark[];
};

const [left, top, width, height] = [64, 48, 640, 320];

/** Whole nats around the losses, by steps of 1, or finer where they are close together. */
export const lossTicks = (losses: readonly number[]): readonly number[] => {
  const low = Math.floor(Math.min(...losses));
  const high = Math.max(Math.ceil(Math.max(...losses)), low + 1);
  const parts = high - low <= 2 ? 5 : 1;
  return Array.from({ length: (high - low) * parts + 1 }, (_, index) => low + index / parts);
};

/** A self-contained SVG document. */
export const renderCurve = ({ title, buckets, marks }: Curve): string => {
  const scored = buckets.filter(({ tokens }) => tokens > 0);
  const last = buckets.at(-1)!.to;
  const losses = lossTicks(scored.map(({ loss }) => loss));
  const edges = [0, ...buckets.map(({ to }) => to)];
  const positions = edges.filter((_, index) => index % Math.ceil(buckets.length / 8) === 0);
  const [right, bottom] = [left + width, top + height];
  const x = scale(0, last, left, right);
  const y = scale(losses[0]!, losses.at(-1)!, bottom, top);
  const steps = scored.map(({ from, to, loss }, index) => `${index ? "L" : "M"}${x(from)} ${y(loss)}H${x(to)}`);
  const page = {
    ...{ width: right + 24, height: bottom + 52, title: `Mean loss by position: ${title}` },
    style:
      "path{fill:none;stroke:#d0d7de}.loss{stroke:#0969da;stroke-width:2}.mark{stroke:#57606a;stroke-dasharray:4 3}",
  };
  return svgDocument(page, [
    text(left, 22, title, "title"),
    ...losses.map(
      (loss) =>
        `<path d="M${left} ${y(loss)}H${right}"/>${text(left - 8, Number(y(loss)) + 4, loss.toFixed(1), "down")}`,
    ),
    ...positions.map((at) => text(x(at), bottom + 18, `${at}`, "across")),
    ...marks.map(
      ({ at, label }, index) =>
        `<path class="mark" d="M${x(at)} ${top}V${bottom}"/>${text(Number(x(at)) + 5, top + 16 * (index + 1), `${label} ${at}`)}`,
    ),
    `<path class="loss" d="${steps.join("")}"/>`,
    text(left, bottom + 42, "across: position in the window, in tokens; up: mean loss, in nats per token"),
  ]);
};
