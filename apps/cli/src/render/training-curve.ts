/** The losses of a training run as a picture: steps across, the loss of each step's samples as a line, held-out ones as dots. */
import { lossTicks } from "./curve.ts";
import { scale, svgDocument, text } from "./svg-parts.ts";

export type StepLoss = { readonly step: number; readonly loss: number };

export type TrainingCurve = {
  readonly title: string;
  /** Counted from 1: the loss before the step. */
  readonly losses: readonly StepLoss[];
  /** By the steps done before. */
  readonly evaluations: readonly StepLoss[];
};

const [left, top, width, height] = [64, 48, 640, 320];

/** A self-contained SVG document. */
export const renderTrainingCurve = ({ title, losses, evaluations }: TrainingCurve): string => {
  // A step's loss is that of the weights before it.
  const learned = losses.map(({ step, loss }) => ({ step: step - 1, loss }));
  const all = [...learned, ...evaluations];
  const ticks = lossTicks(all.map(({ loss }) => loss));
  const steps = all.map(({ step }) => step);
  const [first, last] = [Math.min(...steps), Math.max(...steps, Math.min(...steps) + 1)];
  const every = Math.ceil((last - first) / 8);
  const marks = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, index) => first + index * every);
  const [right, bottom] = [left + width, top + height];
  const x = scale(first, last, left, right);
  const y = scale(ticks[0]!, ticks.at(-1)!, bottom, top);
  const line = (points: readonly StepLoss[]): string =>
    points.map(({ step, loss }, index) => `${index ? "L" : "M"}${x(step)} ${y(loss)}`).join("");
  const dots = (points: readonly StepLoss[], kind: string): readonly string[] =>
    points.map(({ step, loss }) => `<circle class="${kind}" cx="${x(step)}" cy="${y(loss)}" r="3"/>`);
  const page = {
    ...{ width: right + 24, height: bottom + 52, title: `Loss by step: ${title}` },
    style:
      "path{fill:none;stroke:#d0d7de}.loss{stroke:#0969da;stroke-width:2}circle.loss{fill:#0969da;stroke:none}" +
      ".held{stroke:#bc4c00;stroke-width:2}circle.held{fill:#bc4c00;stroke:none}",
  };
  const legend = evaluations.length === 0 ? "" : "; orange: held out";
  return svgDocument(page, [
    text(left, 22, title, "title"),
    ...ticks.map(
      (loss) =>
        `<path d="M${left} ${y(loss)}H${right}"/>${text(left - 8, Number(y(loss)) + 4, loss.toFixed(1), "down")}`,
    ),
    ...marks.map((at) => text(x(at), bottom + 18, `${at}`, "across")),
    `<path class="loss" d="${line(learned)}"/>`,
    ...dots(learned, "loss"),
    ...(evaluations.length === 0
      ? []
      : [`<path class="held" d="${line(evaluations)}"/>`, ...dots(evaluations, "held")]),
    text(left, bottom + 42, `across: steps done; up: mean loss of the next step's samples, in nats per token${legend}`),
  ]);
};
