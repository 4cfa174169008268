/** The losses of a training run by step: one line for the loss of the step's samples, another for the held-out loss. */
import { checkConfig, type Keys } from "@ropewalk/check";
import { legend, plot, type Point } from "./plot.ts";
import { heading, notes, svgDocument } from "./svg.ts";
import { ticksAround } from "./ticks.ts";

export type StepLoss = { readonly step: number; readonly loss: number };

export type TrainingCurve = {
  readonly title: string;
  /** Steps count from 1. The loss of a step is measured before the weights change. */
  readonly losses: readonly StepLoss[];
  /** Held-out losses, by the number of steps that were done before. */
  readonly evaluations: readonly StepLoss[];
};

const keys: Keys<TrainingCurve> = { title: true, losses: true, evaluations: true };

/** A self-contained SVG document. */
export const trainingCurve = (config: TrainingCurve): string => {
  const { title, losses, evaluations } = checkConfig("trainingCurve", config, keys);
  // A step's loss is measured with the weights before the step.
  const learned = losses.map(({ step, loss }): Point => [step - 1, loss]);
  const held = evaluations.map(({ step, loss }): Point => [step, loss]);
  const all = [...learned, ...held];
  const steps = all.map(([step]) => step);
  const [from, to] = steps.length === 0 ? [0, 1] : [Math.min(...steps), Math.max(...steps, Math.min(...steps) + 1)];
  const every = Math.ceil((to - from) / 8);
  const head = heading(title);
  const area = plot({
    top: head.bottom + 12,
    height: 230,
    up: ticksAround(all.map(([, loss]) => loss)),
    across: {
      from,
      to,
      ticks: Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, at) => from + at * every),
    },
    lines: [
      { series: 0, kind: "loss", points: learned, dots: true },
      ...(held.length === 0 ? [] : [{ series: 1, kind: "held", points: held, dots: true }]),
    ],
  });
  const names = legend(area.bottom + 4, [
    { name: "the next step's samples", series: 0, kind: "key" },
    ...(held.length === 0 ? [] : [{ name: "held out", series: 1, kind: "key" }]),
  ]);
  const foot = notes(names.bottom + 2, ["across: steps done; up: mean loss, in nats per token"]);
  return svgDocument({ height: foot.bottom + 12, title: `Loss by step: ${title}` }, [
    ...[...head.parts, ...area.parts, ...names.parts, ...foot.parts],
  ]);
};
