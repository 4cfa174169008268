/** Decoded tokens per second against the context: a panel for each precision, a curve for each engine. */
import { curves, panels } from "@ropewalk/charts";
import { speed, type Sample } from "./measure.ts";

const panelOf = (title: string, samples: readonly Sample[]): string =>
  curves({
    title,
    across: "context",
    up: "tokens per second",
    logarithmic: true,
    dots: true,
    within: [0],
    curves: [...new Set(samples.map(({ name }) => name))].map((name) => ({
      name,
      points: samples
        .filter((sample) => sample.name === name)
        .map((sample) => ({ x: sample.context, y: speed("decodeStep", sample) })),
    })),
  });

export const speedPicture = (samples: readonly Sample[]): string =>
  panels({
    title: "decoding, by the median step",
    pictures: [...new Set(samples.map(({ precision }) => precision))].map((precision) =>
      panelOf(
        precision,
        samples.filter((sample) => sample.precision === precision),
      ),
    ),
  });
